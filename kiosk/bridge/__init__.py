"""The card at home: a program on the resident's own PC, between a web page and the card reader.

The contract with the page, HTTP on 127.0.0.1 only. Every request must name this host and port exactly (DNS
rebinding); the first three answer only pages of the origins in the settings, checked exactly::

    GET  /status          -> 200 {"bridge": "madoguchi", "busy": bool}
    POST /requests        application/json {"nonce", "purpose"}
                          -> 201 {"request", "pin_page"} · 409 busy · 400 and 415 unfit
    GET  /requests/<id>   -> 200 {"state": "waiting|signed|refused|failed", "error": code | null,
                                  "certificate": base64 | null, "signature": base64 | null}
    GET, POST /pin/<id>   the bridge's own page, where the person types the PIN

`nonce` is base64 of 32 bytes. `purpose` is "login" or "link", signed with the 利用者証明用 key and its 4 digits, or
"identify", signed with the 署名用 key and its password; `certificate` is that key's. What the card signs is
`kiosk.card.payload` over the origin that the *browser* sent, so a page cannot ask for a signature in another site's
name. One operation at a time, two minutes, and a result is told once. JSON is demanded so that a browser always asks
first (CORS preflight).

The contract with a portal, when the browser is on another machine (`python -m kiosk.bridge login URL`). The waiting
page shows `https://host[:port]/device#<token>` as a QR code; that origin must be one of the settings, character by
character. HTTPS, no cookie, no redirect; the token travels in bodies only::

    POST <origin>/device/challenge  {"token"}
                          -> 201 {"challenge", "nonce", "purpose": "login", "code"}, to the first that asks
    POST <origin>/device/answer     {"token", "challenge", "certificate", "signature", "origin"}
                          -> 204, for one answer to a code
    otherwise             -> 4xx, 5xx {"error": code, "reference"}

Before the PIN the person compares `code` with the other screen. Signed is the same payload as above, over the origin
of the settings, which is also sent: a portal that is called by another name refuses (`relayed_origin`).
"""

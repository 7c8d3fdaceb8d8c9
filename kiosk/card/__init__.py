"""The resident's card at the reader: the only place of the kiosk that knows PKCS#11.

One process (``python -m kiosk.card --settings FILE``) owns the card and speaks JSON lines on a Unix socket.
The kiosk app and the card bridge reach it through :mod:`kiosk.card.client`, which knows no PKCS#11.
"""

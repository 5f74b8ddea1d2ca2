#!/usr/bin/python3
"""What Python's email package makes of mails: reads each FILE, prints one JSON array with an object a file."""
import email
import email.policy
import json
import sys


def body(message, kind):
    part = message.get_body(preferencelist=(kind,))
    return None if part is None else part.get_content()


def read(name):
    with open(name, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    sender = message["From"].addresses[0]
    parts = list(message.walk())
    return {
        "name": sender.display_name, "from": sender.addr_spec, "senders": len(message["From"].addresses),
        "to": [address.addr_spec for address in message["To"].addresses],
        "subject": message["Subject"], "id": message["Message-ID"],
        "date": message["Date"].datetime.timestamp(),
        "headers": message.keys(),
        "types": [part.get_content_type() for part in parts],
        "text": body(message, "plain"), "html": body(message, "html"),
        "defects": [str(defect) for part in parts for defect in part.defects]
        + [str(defect) for value in message.values() for defect in getattr(value, "defects", ())],
    }


print(json.dumps([read(name) for name in sys.argv[1:]]))

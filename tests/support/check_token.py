#!/usr/bin/python3
"""What PyJWT makes of an access token: `check_token.py TOKEN KEY_SET AUDIENCE ISSUER` prints header and claims as JSON.

The signature is checked with the key of the set that the token names, as a relying party does it; a token that is refused
ends it with 1.
"""
import json
import sys

import jwt

token, key_set, audience, issuer = sys.argv[1:]
header = jwt.get_unverified_header(token)
[key] = [key for key in json.loads(key_set)["keys"] if key["kid"] == header["kid"]]
algorithm = {"ES256": jwt.algorithms.ECAlgorithm, "EdDSA": jwt.algorithms.OKPAlgorithm}[key["alg"]]
try:
    claims = jwt.decode(token, algorithm.from_jwk(json.dumps(key)), algorithms=[key["alg"]], audience=audience,
                        issuer=issuer, options={"require": ["exp", "iat", "sub", "aud", "iss", "jti"]})
except jwt.InvalidTokenError as refusal:
    print(refusal)
    sys.exit(1)
print(json.dumps({"header": header, "claims": claims}))

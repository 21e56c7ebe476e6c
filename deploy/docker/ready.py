"""A container's healthcheck: what /health/ready says, as the exit code and for `docker inspect`."""

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["LOTSE_PORT"]), timeout=4)
try:
    connection.request("GET", "/health/ready")
    answer = connection.getresponse()
    said = answer.read().decode()
except OSError as error:
    sys.exit(f"nobody answers: {error}")
print(said)
sys.exit(answer.status != 200)

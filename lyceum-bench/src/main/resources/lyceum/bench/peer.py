"""What every Python peer does: answers a request, a line of JSON on stdin that names a function and its arguments, with a line on stdout."""
import json
import sys


def serve(*functions):
    calls = {f.__name__: f for f in functions}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = calls[request.pop("call")](**request)
        except Exception as e:
            answer = {"error": type(e).__name__ + ": " + str(e)}
        print(json.dumps(answer), flush=True)

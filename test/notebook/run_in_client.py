"""Runs the cells given as JSON on standard input in the workspace's kernel, as Jupyter's own client does.

Input: {"argv": [...], "cwd": "...", "cells": ["..."]}. Output: per cell its status and what its error says, then the seconds
until the kernel was ready and until it had ended.
"""

import json
import sys
import time

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

job = json.load(sys.stdin)
manager = KernelManager()
manager._kernel_spec = KernelSpec(argv=job["argv"], display_name="TypeScript", language="typescript")
start = time.time()
manager.start_kernel(cwd=job["cwd"])
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
ready = time.time() - start
cells = []
for code in job["cells"]:
    messages = []
    reply = client.execute_interactive(code, output_hook=messages.append, timeout=60)
    content = reply["content"]
    errors = [m["content"] for m in messages if m["msg_type"] == "error"]
    stderr = [m["content"]["text"] for m in messages if m["msg_type"] == "stream" and m["content"]["name"] == "stderr"]
    told = {key: content.get(key) for key in ("status", "execution_count", "ename", "evalue")}
    cells.append({"reply": told, "errors": [error["ename"] for error in errors], "stderr": stderr})
client.stop_channels()
start = time.time()
manager.shutdown_kernel()
json.dump({"cells": cells, "ready": ready, "ended": time.time() - start}, sys.stdout)

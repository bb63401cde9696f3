"""PyTorch as a peer: prepare() makes the inputs of one operation, run() times calls of it."""
import os

import torch
import torch.nn.functional as F
from peer import has_blas, serve, timed

TYPES = {"F32": torch.float32, "F64": torch.float64, "BF16": torch.bfloat16, "F16": torch.float16}


def hello(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    masked = " at " + torch.backends.cpu.get_cpu_capability() if "ATEN_CPU_CAPABILITY" in os.environ else ""
    return {"name": "PyTorch " + torch.__version__.split("+")[0] + masked, "blas": has_blas()}


def randn(*shape, dtype="F32", grad=False):
    return torch.randn(*shape).to(TYPES[dtype]).requires_grad_(grad)


def swept(f, *leaves):
    """A call of f and its backward pass from a gradient of ones, with the gradients of the leaves made anew."""
    leaves = [leaf.requires_grad_() for leaf in leaves]
    g = torch.ones_like(f())

    def call():
        for leaf in leaves:
            leaf.grad = None
        f().backward(g)

    return call


def matmul(dtype, m, k, n, left=False, right=False):
    a, b = randn(k, m, dtype=dtype) if left else randn(m, k, dtype=dtype), randn(n, k, dtype=dtype) if right else randn(k, n, dtype=dtype)
    a, b = a.t() if left else a, b.t() if right else b
    return lambda: a @ b


def matmul_int8(m, k, n):
    a, b = (torch.randint(-127, 127, shape, dtype=torch.int8) for shape in ((m, k), (k, n)))
    return lambda: torch._int_mm(a, b)


def add(n):
    a, b = randn(n, n), randn(n, n)
    return lambda: a + b


def recorded_add(length):
    w = randn(1)

    def chain():
        y = w
        for _ in range(length):
            y = y + 1.0
        return y

    return swept(chain, w)


def scale(n):
    x = randn(n)
    return lambda: x * 1.5


def chain(n):
    x = randn(n)
    return lambda: torch.relu(x * 1.5 + 0.5) * 0.3


def gelu_affine(rows, width):
    x, w, b = randn(rows, width), randn(width), randn(width)
    return lambda: F.gelu(x * w + b)


def swiglu(rows, width):
    a, b = randn(rows, width), randn(rows, width)
    return lambda: F.silu(a) * b


def dropout_residual(rows, width):
    x, r = randn(rows, width), randn(rows, width)
    return lambda: F.dropout(x, 0.1, True) + r


def rowwise(name, rows, width, backward):
    x, w, b = randn(rows, width), torch.ones(width), torch.zeros(width)
    if name == "softmax":
        f, leaves = lambda: torch.softmax(x, 1), [x]
    elif name == "layer norm":
        f, leaves = lambda: F.layer_norm(x, (width,), w, b), [x, w, b]
    elif name == "RMS norm":
        f, leaves = lambda: F.rms_norm(x, (width,), w, 1e-5), [x, w]
    else:
        t = torch.randint(0, width, (rows,))
        f, leaves = lambda: F.cross_entropy(x, t), [x]
    return swept(f, *leaves) if backward else f


def attention(heads, time, width, dtype, backward, batch=1):
    q, k, v = (randn(batch, heads, time, width, dtype=dtype) for _ in range(3))
    f = lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return swept(f, q, k, v) if backward else f


def indexing(name, rows, width, other):
    if name in ("gather rows", "embedding's gradient"):
        x, g, i = randn(other, width), randn(rows, width), torch.randint(0, other, (rows,))
        return (lambda: torch.index_select(x, 0, i)) if name == "gather rows" else (lambda: torch.ops.aten.embedding_dense_backward(g, i, other, -1, False))
    if name.endswith("elements"):
        x, y, i = randn(rows, width), randn(rows, width), torch.randint(0, width, (rows, width))
        return (lambda: torch.gather(x, 1, i)) if name.startswith("gather") else (lambda: torch.scatter_add(x, 1, i, y))
    x = randn(rows, width)
    if name.startswith("running"):
        f = {"sum": torch.cumsum, "product": torch.cumprod, "maximum": torch.cummax}[name.split()[1]]
        return lambda: f(x, other)
    if name.startswith("segment"):
        lengths = torch.full((other,), rows // other)
        return lambda: torch.segment_reduce(x, name.split()[1], lengths=lengths)
    return {"sort": lambda: torch.sort(x, dim=1, stable=True), "argsort": lambda: torch.argsort(x, dim=1, stable=True), "top-k": lambda: torch.topk(x, other, 1), "argmax": lambda: torch.argmax(x, 1)}[name]


def conv(batch, inputs, size, outputs, kernel, stride, padding, groups, backward):
    x, w = randn(batch, inputs, size, size), randn(outputs, inputs // groups, kernel, kernel)
    f = lambda: F.conv2d(x, w, None, stride, padding, 1, groups)
    return swept(f, x, w) if backward else f


def linalg(name, n):
    a = randn(n, n, dtype="F64")
    if name in ("cholesky", "eigh"):
        a = a @ a.T / n + torch.eye(n, dtype=torch.float64)
    b = randn(n, 1, dtype="F64")
    return {"cholesky": lambda: torch.linalg.cholesky(a), "lu": lambda: torch.linalg.lu_factor(a), "qr": lambda: torch.linalg.qr(a), "solve": lambda: torch.linalg.solve(a, b), "eigh": lambda: torch.linalg.eigh(a), "svdvals": lambda: torch.linalg.svdvals(a)}[name]


def spmm(n, each, width, dtype):
    rows = torch.arange(0, n * each + 1, each, dtype=torch.int32)  # as wide as ours
    a = torch.sparse_csr_tensor(rows, torch.randint(0, n, (n * each,), dtype=torch.int32).reshape(n, each).sort(dim=1).values.flatten(), randn(n * each, dtype=dtype), size=(n, n))
    x = randn(n, width, dtype=dtype)
    return lambda: a @ x


def fft(n):
    x = torch.complex(randn(n, dtype="F64"), randn(n, dtype="F64"))
    return lambda: torch.fft.fft(x)


def adamw(tensors, fused):
    parameters = [randn(n, grad=True) for n in tensors]
    for p in parameters:
        p.grad = torch.randn_like(p)
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, fused=fused or None)
    return optimizer.step


def train(model, x, y):
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        logits = model(x)
        F.cross_entropy(logits.view(-1, logits.shape[-1]), y).backward()
        optimizer.step()

    return step


def train_mlp(sizes, batch):
    layers = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return train(torch.nn.Sequential(*layers[:-1]), randn(batch, sizes[0]), torch.randint(0, sizes[-1], (batch,)))


def train_cnn(channels, size, batch, classes):
    layers = []
    for a, b in zip(channels, channels[1:]):
        layers += [torch.nn.Conv2d(a, b, 3, padding=1), torch.nn.BatchNorm2d(b), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(channels[-1], classes))
    return train(model, randn(batch, channels[0], size, size), torch.randint(0, classes, (batch,)))


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.qkv, self.out = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.up, self.down = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (z.view(b, t, self.heads, c // self.heads).transpose(1, 2) for z in self.qkv(self.ln1(x)).split(c, 2))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(a.transpose(1, 2).reshape(b, t, c))
        return x + self.down(F.gelu(self.up(self.ln2(x)), approximate="tanh"))


class Gpt(torch.nn.Module):
    def __init__(self, vocabulary, layers, heads, width, block):
        super().__init__()
        self.tokens, self.places = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(block, width)
        self.blocks = torch.nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm, self.head = torch.nn.LayerNorm(width), torch.nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.places(torch.arange(x.shape[1])))))


def train_gpt(vocabulary, layers, heads, width, block, batch):
    x, y = (torch.randint(0, vocabulary, (batch, block)) for _ in range(2))
    return train(Gpt(vocabulary, layers, heads, width, block), x, y.view(-1))


def passing(model, x):
    """Forward and backward from a gradient of ones, with the parameters' gradients made anew."""
    return swept(lambda: model(x), *model.parameters())


def pass_lenet(channels, size, batch, classes):
    relu, pool = torch.nn.ReLU, lambda: torch.nn.MaxPool2d(2)
    last = (size // 2 - 4) // 2
    model = torch.nn.Sequential(torch.nn.Conv2d(channels, 6, 5, padding=2), relu(), pool(), torch.nn.Conv2d(6, 16, 5), relu(), pool(), torch.nn.Flatten(), torch.nn.Linear(16 * last * last, 120), relu(), torch.nn.Linear(120, 84), relu(), torch.nn.Linear(84, classes))
    return passing(model, randn(batch, channels, size, size))


class Residual(torch.nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        conv, norm = (lambda a, b, kernel, s: torch.nn.Conv2d(a, b, kernel, s, kernel // 2, bias=False)), torch.nn.BatchNorm2d
        self.body = torch.nn.Sequential(conv(inputs, outputs, 3, stride), norm(outputs), torch.nn.ReLU(), conv(outputs, outputs, 3, 1), norm(outputs))
        self.short = torch.nn.Identity() if stride == 1 and inputs == outputs else torch.nn.Sequential(conv(inputs, outputs, 1, stride), norm(outputs))

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x))


def pass_resnet18(channels, size, batch, classes):
    layers, inputs = [torch.nn.Conv2d(channels, 64, 3, padding=1, bias=False), torch.nn.BatchNorm2d(64), torch.nn.ReLU()], 64
    for width in (64, 128, 256, 512):
        for stride in (1 if width == 64 else 2, 1):
            layers.append(Residual(inputs, width, stride))
            inputs = width
    return passing(torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(512, classes)), randn(batch, channels, size, size))


def pass_lstm(inputs, units, length, batch):
    model, x = torch.nn.LSTM(inputs, units, batch_first=True), randn(batch, length, inputs)
    return swept(lambda: model(x)[0], *model.parameters())


def pass_blocks(layers, heads, width, batch, length, bf16):
    model, x = torch.nn.Sequential(*(Block(width, heads) for _ in range(layers))), randn(batch, length, width)

    def forward():
        with torch.autocast("cpu", torch.bfloat16, bf16):
            return model(x)

    return swept(forward, *model.parameters())


operations = {f.__name__: f for f in (matmul, matmul_int8, add, recorded_add, scale, chain, gelu_affine, swiglu, dropout_residual, rowwise, attention, indexing, conv, linalg, spmm, fft, adamw, train_mlp, train_cnn, train_gpt, pass_lenet, pass_resnet18, pass_lstm, pass_blocks)}
serve(hello, *timed(operations))

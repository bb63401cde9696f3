package lyceum.tensor;

import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.memory.Scope;

/** The backend's kernel under every option: what it does not know becomes a bias, and packed sequences are calls of their own. */
final class AttentionKernel {
    private final Attention options;
    private final View q, k, v, bias;

    /** @param options checked, as are the operands */
    AttentionKernel(Attention options, Tensor q, Tensor k, Tensor v) {
        this.options = options;
        this.q = q.view();
        this.k = k.view();
        this.v = v.view();
        long keys = options.blockTable() == null ? k.size(2) : options.blockTable().size(1) * k.size(2);
        var dense = Tracing.inside(() -> {
            var all = AttentionOp.bias(options, q.size(2), keys);
            return options.blocks() == null ? all : AttentionOp.hidden(all, options.blocks().each(q.size(2), keys), q.dtype());
        });
        this.bias = dense == null ? null : Fusion.broadcast(dense, Shape.of(q.size(0), q.size(1), q.size(2), keys));
    }

    void forward(View out, View logSumExp) {
        var backend = Backend.current();
        if (options.packing() == null) {
            backend.attention(options(bias), q, k, v, out, logSumExp);
            return;
        }
        for (var part : options.packing().parts()) {
            if (part.queries() == 0) continue;
            try (var scratch = Scope.open("packed attention")) {
                var line = logSumExp == null ? null : line(logSumExp, part);
                backend.attention(options(bias(part)), queries(q, part), keys(k, part), keys(v, part), queries(out, part), line);
                if (line != null) backend.run(Program.copy(line.dtype()), new View[] {line},
                        new View[] {narrow(logSumExp, part.firstQuery(), part.queries())});
            }
        }
    }

    /** Gradients into {@code dq}, {@code dk} and {@code dv}. */
    void backward(View out, View logSumExp, View g, View dq, View dk, View dv) {
        var backend = Backend.current();
        if (options.packing() == null) {
            backend.attentionGradient(options(bias), q, k, v, out, logSumExp, g, dq, dk, dv);
            return;
        }
        for (var part : options.packing().parts()) {
            try (var scratch = Scope.open("packed attention")) {
                var line = line(logSumExp, part);
                backend.run(Program.copy(line.dtype()), new View[] {narrow(logSumExp, part.firstQuery(), part.queries())},
                        new View[] {line});
                backend.attentionGradient(options(bias(part)), queries(q, part), keys(k, part), keys(v, part), queries(out, part), line,
                        queries(g, part), queries(dq, part), keys(dk, part), keys(dv, part));
            }
        }
    }

    private AttentionOptions options(View bias) {
        return new AttentionOptions(options.scale(), options.causal(), options.window(), bias, AttentionOp.view(options.keyLengths()),
                AttentionOp.view(options.queryStarts()), AttentionOp.view(options.blockTable()));
    }

    private static View line(View rows, Packing.Part part) {
        return Fusion.allocate(rows.dtype(), Shape.of(rows.shape()[0], rows.shape()[1], part.queries()));
    }

    private View bias(Packing.Part part) {
        if (bias == null) return null;
        var rows = queries(bias, part);
        var shape = rows.shape().clone();
        shape[3] = part.keys();
        return new View(rows.dtype(), rows.storage(), rows.offset() + part.firstKey() * rows.strides()[3], shape, rows.strides());
    }

    private static View queries(View x, Packing.Part part) { return narrow(x, part.firstQuery(), part.queries()); }

    private static View keys(View x, Packing.Part part) { return narrow(x, part.firstKey(), part.keys()); }

    /** Along axis 2. */
    private static View narrow(View x, long from, long n) {
        var shape = x.shape().clone();
        shape[2] = n;
        return new View(x.dtype(), x.storage(), x.offset() + from * x.strides()[2], shape, x.strides());
    }
}

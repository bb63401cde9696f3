package lyceum.backend.scalar;

import java.lang.ref.Reference;
import lyceum.DType;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Parallel;
import lyceum.backend.Pooling;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.WindowGeometry;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;

/** Plain Java loops: the reference that every other backend is tested against, and what remains where nothing faster can run. */
public class ScalarBackend implements Backend {
    /** Elements a thread takes at once; below it, work stays on the caller. */
    private static final long GRAIN = 1 << 16;

    private final Lanes lanes;

    public ScalarBackend() { this(new Lanes()); }

    protected ScalarBackend(Lanes lanes) { this.lanes = lanes; }

    @Override public String name() { return "scalar"; }

    @Override public String description() { return "plain Java loops"; }

    @Override public void run(Program program, View[] inputs, View[] outputs) {
        long size = outputs[0].size();
        if (size == 0) return;
        var all = new View[inputs.length + outputs.length];
        System.arraycopy(inputs, 0, all, 0, inputs.length);
        System.arraycopy(outputs, 0, all, inputs.length, outputs.length);
        var walkers = Strided.of(all);
        try {
            if (program.isRowProgram()) rows(program, walkers, inputs.length, outputs);
            else if (size <= GRAIN) piece(program, walkers, inputs.length, 0, size);
            else Parallel.range(size, GRAIN, 0.3 * program.length(), (from, to) -> piece(program, walkers, inputs.length, from, to));
        } finally {
            keepReachable(inputs, outputs);
        }
    }

    private void rows(Program program, Strided[] walkers, int inputs, View[] outputs) {
        long columns = outputs[0].shape()[outputs[0].shape().length - 1], rows = outputs[0].size() / columns;
        Parallel.range(rows, Math.max(1, GRAIN / columns),
                (from, to) -> new RowInterpreter(program, lanes, walkers, inputs, columns).rows(from, to));
    }

    private void piece(Program program, Strided[] walkers, int inputs, long from, long to) {
        var interpreter = new Interpreter(program, lanes, walkers);
        for (long start = from; start < to; start += Interpreter.BLOCK) {
            int n = (int) Math.min(Interpreter.BLOCK, to - start);
            interpreter.block(start, n);
            for (int i = 0; i < program.outputs(); i++) interpreter.store(program.output(i), walkers[inputs + i], start, n);
        }
    }

    @Override public void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) {
        try {
            Reducer.reduce(reduction, program, lanes, inputs, axes, out);
        } finally {
            keepReachable(inputs, out);
        }
    }

    @Override public final void scan(Scan scan, View in, int axis, View out) {
        Indexing.scan(scan, in, axis, out);
        keepReachable(in, out);
    }

    @Override public void matmul(View a, View b, View out) {
        Matmul.batched(a, b, out, Matmul.inBlocks(Matmul::multiply));
        keepReachable(a, b, out);
    }

    @Override public void convolve(Convolution how, View x, View weight, Epilogue epilogue, View y) {
        new DirectConvolution(WindowGeometry.of(how, x.shape(), weight.shape(), y.shape())).forward(x, weight, y);
        epilogue.applyTo(y, this);
        keepReachable(x, weight, epilogue, y);
    }

    @Override public void convolveBack(Convolution how, View y, View weight, Epilogue epilogue, View x) {
        new DirectConvolution(WindowGeometry.of(how, x.shape(), weight.shape(), y.shape())).back(y, weight, x);
        epilogue.applyTo(x, this);
        keepReachable(y, weight, epilogue, x);
    }

    @Override public void convolveWeight(Convolution how, View x, View y, View weight) {
        new DirectConvolution(WindowGeometry.of(how, x.shape(), weight.shape(), y.shape())).weight(x, y, weight);
        keepReachable(x, y, weight);
    }

    @Override public void maxPool(Pooling how, View x, View y, View indices) {
        Pools.max(how, x, y, indices);
        keepReachable(x, y, indices);
    }

    @Override public void maxPoolBack(View y, View indices, View x) {
        Pools.maxBack(y, indices, x);
        keepReachable(y, indices, x);
    }

    @Override public void averagePool(Pooling how, View x, View y) {
        Pools.average(how, x, y);
        keepReachable(x, y);
    }

    @Override public void averagePoolBack(Pooling how, View y, View x) {
        Pools.averageBack(how, y, x);
        keepReachable(y, x);
    }

    @Override public void matmulQuantised(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        weights.check();
        QuantisedMatmul.multiply(x, weights, bias, activations, out);
        keepReachable(x, weights, bias, out);
    }

    @Override public boolean hasAttention(DType type) { return true; }

    @Override public void attention(AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        Attention.forward(options, q, k, v, out, logSumExp);
        keepReachable(options, q, k, v, out, logSumExp);
    }

    @Override public void attentionGradient(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View outGradient,
            View qGradient, View kGradient, View vGradient) {
        AttentionGradient.backward(options, q, k, v, out, logSumExp, outGradient, qGradient, kGradient, vGradient);
        keepReachable(options, q, k, v, out, logSumExp, outGradient, qGradient, kGradient, vGradient);
    }

    @Override public final void gather(View in, int axis, View index, View out) {
        Indexing.gather(in, axis, index, out);
        keepReachable(in, index, out);
    }

    @Override public final void scatter(Scatter rule, View in, int axis, View index, View out) {
        Indexing.scatter(rule, in, axis, index, out);
        keepReachable(in, index, out);
    }

    @Override public final void sort(View in, int axis, boolean descending, View values, View indices) {
        Sorting.sort(in, axis, descending, values, indices);
        keepReachable(in, values, indices);
    }

    /** The one place that keeps operands reachable until a kernel has returned: their blocks go back to the pool when they are not. */
    protected static void keepReachable(Object... operands) { Reference.reachabilityFence(operands); }
}

package lyceum.tensor;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.backend.AttentionOptions;
import lyceum.backend.Backend;
import lyceum.backend.Convolution;
import lyceum.backend.Epilogue;
import lyceum.backend.Op;
import lyceum.backend.Pooling;
import lyceum.backend.Program;
import lyceum.backend.View;
import lyceum.backend.quant.Activations;
import lyceum.backend.quant.BlockMatrix;

/** Counts what it passes on: programs run, the elements that they pass over, the values that they store, their instructions of a kind, and matrix products. */
public final class CountingBackend implements Backend {
    private final Backend to = Backend.named("scalar");
    public final AtomicInteger programs = new AtomicInteger(), stored = new AtomicInteger(), products = new AtomicInteger(),
            exponentials = new AtomicInteger();
    public final AtomicLong multiplyAdds = new AtomicLong(), elements = new AtomicLong();

    @Override public String name() { return "counting"; }

    @Override public String description() { return to.description(); }

    @Override public void run(Program program, View[] inputs, View[] outputs) {
        programs.incrementAndGet();
        stored.addAndGet(outputs.length);
        elements.addAndGet(outputs[0].size());
        for (int i = 0; i < program.length(); i++) if (program.at(i).op().arity() > 0) multiplyAdds.addAndGet(outputs[0].size());
        for (int i = 0; i < program.length(); i++) if (program.at(i).op() == Op.EXP) exponentials.incrementAndGet();
        to.run(program, inputs, outputs);
    }

    /** The program's instructions and one more for taking each element in. */
    @Override public void reduce(Reduction reduction, Program program, View[] inputs, boolean[] axes, View out) {
        multiplyAdds.addAndGet(inputs[0].size());
        for (int i = 0; i < program.length(); i++) if (program.at(i).op().arity() > 0) multiplyAdds.addAndGet(inputs[0].size());
        to.reduce(reduction, program, inputs, axes, out);
    }

    @Override public void scan(Scan scan, View in, int axis, View out) {
        multiplyAdds.addAndGet(in.size());
        to.scan(scan, in, axis, out);
    }

    @Override public void matmul(View a, View b, View out) {
        products.incrementAndGet();
        multiplyAdds.addAndGet(out.size() * a.shape()[a.shape().length - 1]);
        to.matmul(a, b, out);
    }

    @Override public void convolve(Convolution how, View x, View weight, Epilogue epilogue, View y) {
        to.convolve(how, x, weight, epilogue, y);
    }

    @Override public void convolveBack(Convolution how, View y, View weight, Epilogue epilogue, View x) {
        to.convolveBack(how, y, weight, epilogue, x);
    }

    @Override public void convolveWeight(Convolution how, View x, View y, View weight) { to.convolveWeight(how, x, y, weight); }

    @Override public void maxPool(Pooling how, View x, View y, View indices) { to.maxPool(how, x, y, indices); }

    @Override public void maxPoolBack(View y, View indices, View x) { to.maxPoolBack(y, indices, x); }

    @Override public void averagePool(Pooling how, View x, View y) { to.averagePool(how, x, y); }

    @Override public void averagePoolBack(Pooling how, View y, View x) { to.averagePoolBack(how, y, x); }

    @Override public void matmulQuantised(View x, BlockMatrix weights, View bias, Activations activations, View out) {
        products.incrementAndGet();
        to.matmulQuantised(x, weights, bias, activations, out);
    }

    @Override public void attention(AttentionOptions options, View q, View k, View v, View out, View logSumExp) {
        to.attention(options, q, k, v, out, logSumExp);
    }

    @Override public void attentionGradient(AttentionOptions options, View q, View k, View v, View out, View logSumExp, View outGradient,
            View qGradient, View kGradient, View vGradient) {
        to.attentionGradient(options, q, k, v, out, logSumExp, outGradient, qGradient, kGradient, vGradient);
    }

    @Override public void gather(View in, int axis, View index, View out) { to.gather(in, axis, index, out); }

    @Override public void scatter(Scatter rule, View in, int axis, View index, View out) { to.scatter(rule, in, axis, index, out); }

    @Override public void sort(View in, int axis, boolean descending, View values, View indices) {
        to.sort(in, axis, descending, values, indices);
    }
}

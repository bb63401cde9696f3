package lyceum.models.sequence;

import java.util.Arrays;
import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.tensor.GradMode;
import lyceum.tensor.Shape;
import lyceum.tensor.Tensor;

/**
 * An operation of several operands and results that plain loops over doubles compute, forward and backward, so that what is between the steps of a recurrence
 * is never stored. Operands of one floating type.
 *
 * @param name appears in error messages
 * @param kernel computes the results where it can, or null
 * @param forward fills the results where no kernel does
 * @param backward fills the operands' gradients, which begin as zeros, from those of the results
 * @param reference the same in tensor operations, for gradients of gradients
 */
record FusedLoops(String name, Kernel kernel, Loops forward, Pullback backward, UnaryOperator<Tensor[]> reference) {

    /** The results one behind the other, flat; null where there is no kernel for the operands. */
    interface Kernel {
        Tensor run(Tensor[] in);
    }

    interface Loops {
        void run(double[][] in, double[][] out);
    }

    interface Pullback {
        void run(double[][] in, double[][] upstream, double[][] gradients);
    }

    Tensor[] apply(Shape[] results, Tensor... given) {
        var wide = Arrays.stream(given).map(Tensor::dtype).reduce(DType::promote).orElseThrow();
        var operands = Arrays.stream(given).map(x -> x.to(wide)).toArray(Tensor[]::new);
        var shapes = Arrays.stream(operands).map(Tensor::shape).toArray(Shape[]::new);
        var type = operands[0].dtype();
        var gradient = Primitive.of(name + ": gradient", in -> {
            var sums = blank(shapes);
            backward.run(doubles(parts(in[0], shapes)), doubles(parts(in[1], results)), sums);
            return joined(sums).to(type);
        }, (i, g, out, in) -> GradMode.with(true, () -> {
            Tensor packed = in[0].detach().requiresGrad(), upstream = in[1].detach().requiresGrad();
            var first = Autograd.gradients(packed(reference.apply(parts(packed, shapes))).mul(upstream).sum(), new Tensor[] {packed},
                    true)[0];
            return Autograd.gradients(first.mul(g).sum(), new Tensor[] {i == 0 ? packed : upstream}, false)[0];
        }));
        // Where a gradient may be asked for, the operands become one, so that one sweep gives the gradients of all.
        if (!GradMode.isRecording())
            return parts(Primitive.of(name, in -> value(in, results), (i, g, out, in) -> parts(gradient.apply(packed(in), g), shapes)[i])
                    .withParts(in -> packed(reference.apply(in))).apply(operands), results);
        var value = Primitive.of(name, in -> value(parts(in[0], shapes), results), (i, g, out, in) -> gradient.apply(in[0], g))
                .withParts(in -> packed(reference.apply(parts(in[0], shapes))));
        return parts(value.apply(packed(operands)), results);
    }

    private Tensor value(Tensor[] in, Shape[] results) {
        var done = kernel == null ? null : kernel.run(in);
        if (done != null) return done;
        var out = blank(results);
        forward.run(doubles(in), out);
        return joined(out).to(in[0].dtype());
    }

    private static Tensor packed(Tensor[] parts) {
        return Tensor.concat(0, Arrays.stream(parts).map(Tensor::flatten).toArray(Tensor[]::new));
    }

    private static Tensor[] parts(Tensor packed, Shape[] shapes) {
        var parts = new Tensor[shapes.length];
        long at = 0;
        for (int i = 0; i < parts.length; at += shapes[i++].count())
            parts[i] = packed.narrow(0, at, shapes[i].count()).reshape(shapes[i].toArray());
        return parts;
    }

    private static double[][] doubles(Tensor[] parts) { return Arrays.stream(parts).map(Tensor::toDoubleArray).toArray(double[][]::new); }

    private static double[][] blank(Shape[] shapes) {
        return Arrays.stream(shapes).map(s -> new double[(int) s.count()]).toArray(double[][]::new);
    }

    private static Tensor joined(double[][] parts) {
        var all = new double[Arrays.stream(parts).mapToInt(p -> p.length).sum()];
        int at = 0;
        for (var part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return Tensor.of(all);
    }
}

package lyceum.tensor;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;

/** Pairs of numbers turned by angles. */
final class Rotating {
    private static final Program[] PROGRAMS = new Program[DType.values().length]; // filled as they are needed, by any thread

    private Rotating() {}

    static Tensor of(Tensor x, Tensor cos, Tensor sin, boolean interleaved) {
        if (x.rank() == 0 || cos.rank() == 0 || !cos.shape().equals(sin.shape()) || 2 * cos.size(-1) > x.size(-1)) throw new ShapeException(
                "turned: x " + x.shape() + " by cosines " + cos.shape() + " and sines " + sin.shape() + " of pairs of its last axis");
        return isDirect(x, cos, sin) ? direct(x, cos, sin, interleaved) : composed(x, cos, sin, interleaved);
    }

    private static Tensor composed(Tensor x, Tensor cos, Tensor sin, boolean interleaved) {
        long pairs = cos.size(-1), width = x.size(-1);
        Tensor a = interleaved ? x.slice(-1, 0, 2 * pairs, 2) : x.narrow(-1, 0, pairs),
                b = interleaved ? x.slice(-1, 1, 2 * pairs, 2) : x.narrow(-1, pairs, pairs);
        Tensor first = a.mul(cos).sub(b.mul(sin)), second = b.mul(cos).add(a.mul(sin));
        var sizes = x.shape().toArray();
        sizes[sizes.length - 1] = 2 * pairs;
        var turned = interleaved ? Tensor.stack(-1, first, second).reshape(sizes) : Tensor.concat(-1, first, second);
        return 2 * pairs == width ? turned : Tensor.concat(-1, turned, x.narrow(-1, 2 * pairs, width - 2 * pairs));
    }

    /** Where nobody records or listens, both halves come from one program, which writes them where they belong. */
    private static boolean isDirect(Tensor x, Tensor cos, Tensor sin) {
        if (x.dtype() != DType.F32 && x.dtype() != DType.F64 || cos.dtype() != x.dtype() || sin.dtype() != x.dtype()) return false;
        if (x.count() == 0 || cos.size(-1) == 0 || cos.rank() > x.rank() || !Formula.isQuiet(x, cos, sin)) return false;
        for (int axis = 2; axis <= cos.rank(); axis++) if (cos.size(-axis) != 1 && cos.size(-axis) != x.size(-axis)) return false;
        return true;
    }

    private static Tensor direct(Tensor x, Tensor cos, Tensor sin, boolean interleaved) {
        long pairs = cos.size(-1), width = x.size(-1);
        var from = x.view();
        var to = Fusion.allocate(x.dtype(), x.shape());
        int step = interleaved ? 2 : 1;
        long second = interleaved ? 1 : pairs;
        var sizes = x.shape().toArray();
        sizes[sizes.length - 1] = pairs;
        var shape = Shape.adopt(sizes);
        View[] inputs = {part(from, 0, step, sizes), part(from, second, step, sizes), Fusion.broadcast(cos, shape),
                Fusion.broadcast(sin, shape)}, outputs = {part(to, 0, step, sizes), part(to, second, step, sizes)};
        Backend.current().run(program(x.dtype()), inputs, outputs);
        if (2 * pairs < width) {
            var rest = x.shape().toArray();
            rest[rest.length - 1] = width - 2 * pairs;
            Backend.current().run(ViewOps.copyProgram(x), new View[] {part(from, 2 * pairs, 1, rest)},
                    new View[] {part(to, 2 * pairs, 1, rest)});
        }
        return new Tensor(to, x.shape());
    }

    /** Elements of the last axis from {@code start} on, {@code step} apart. */
    private static View part(View x, long start, int step, long[] sizes) {
        var strides = x.strides();
        long stride = strides[sizes.length - 1];
        if (step > 1) {
            strides = strides.clone();
            strides[sizes.length - 1] = step * stride;
        }
        return new View(x.dtype(), x.storage(), x.offset() + start * stride, sizes, strides);
    }

    /** The operations of {@link #composed}, in their order. */
    private static Program program(DType type) {
        var known = PROGRAMS[type.ordinal()];
        if (known != null) return known;
        var p = new ProgramBuilder();
        int a = p.load(type, 0), b = p.load(type, 1), cos = p.load(type, 2), sin = p.load(type, 3);
        int first = p.of(Op.SUB, type, p.of(Op.MUL, type, a, cos), p.of(Op.MUL, type, b, sin));
        int second = p.of(Op.ADD, type, p.of(Op.MUL, type, b, cos), p.of(Op.MUL, type, a, sin));
        return PROGRAMS[type.ordinal()] = p.build(first, second);
    }
}

package lyceum.tensor;

import java.util.Arrays;
import java.util.function.Function;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.View;

/**
 * A formula that is asked for again and again on few numbers, as by every layer for every token that is written: a program is made of it once and run, with no tensor for
 * what lies on the way. Where somebody records, listens or looks at shapes alone, and on many numbers, it is asked for operation by operation. Both give the same bits.
 *
 * {@snippet :
 * private static final Formula SWIGLU = Formula.of(in -> in[0].mul(in[0].sigmoid()).mul(in[1]));
 * Tensor gate = Tensor.randn(Rng.of(1), 4, 256), up = Tensor.randn(Rng.of(2), 4, 256);
 * Tensor hidden = SWIGLU.at(gate, up);
 * }
 *
 * <p>Safe for threads.
 */
public final class Formula {
    /** Elements up to which the way to a program costs as much as another pass over memory does. */
    static final long FEW = 1 << 16;
    /** Programs that one formula keeps; what is asked for in still more types and widths goes operation by operation. */
    private static final int MOST = 16;
    /** Rows of the operands that a program is made with: so many that they are not few. Programs do not depend on their number. */
    private static final long ROWS = Fusion.SMALL + 1;
    private static final long ANY = -1;

    private final Function<Tensor[], Tensor> value;
    private volatile Made[] made = {};

    private Formula(Function<Tensor[], Tensor> value) { this.value = value; }

    /**
     * @param value in element-wise operations and reductions of the last axis; sizes make no difference but to these. It is called with tensors that have no values, and must not
     *        keep them. It uses no tensor but these, and nothing that changes: it is asked once for what a program is made of
     */
    public static Formula of(Function<Tensor[], Tensor> value) { return new Formula(value); }

    /**
     * The value at operands; the first has the result's shape.
     *
     * @throws lyceum.ShapeException and others, as its operations do
     */
    public Tensor at(Tensor... in) {
        var program = isDirect(in) ? made(in) : null;
        boolean direct = program != null && program.program != null && (!program.program.isRowProgram() || Fusion.takesRows(in[0]));
        return direct ? program.run(in) : value.apply(in);
    }

    private static boolean isDirect(Tensor... in) {
        var first = in[0];
        return first.rank() > 0 && first.count() > 0 && first.count() <= FEW && isQuiet(in) && fit(in);
    }

    /** True if a value is all that is asked for: nobody records, listens or looks at shapes alone. */
    static boolean isQuiet(Tensor... in) {
        return Fusion.mode() == Fusion.Mode.ON && !Tracing.on() && !GradNode.wanted(in) && !isAbstract(in);
    }

    /** True if one is a place of a formula that a program is made of, and has no value. */
    private static boolean isAbstract(Tensor... in) {
        for (var x : in) if (x.pending() != null && x.pending().op() == Op.LOAD) return true;
        return false;
    }

    /** True if each operand is as large as the first, or one row for all rows. */
    private static boolean fit(Tensor... in) {
        var shape = in[0].shape();
        for (int i = 1; i < in.length; i++)
            if (!in[i].shape().equals(shape) && (in[i].rank() != 1 || in[i].size(0) != shape.size(-1))) return false;
        return true;
    }

    private Made made(Tensor... in) {
        for (var known : made) if (known.isFor(in)) return known;
        return made.length < MOST ? make(in) : null;
    }

    private synchronized Made make(Tensor... in) {
        for (var known : made) if (known.isFor(in)) return known; // made by another thread meanwhile
        long columns = in[0].size(-1);
        var shape = Shape.of(ROWS, columns);
        var types = new DType[in.length];
        var placeholders = new Tensor[in.length];
        for (int i = 0; i < in.length; i++) {
            types[i] = in[i].dtype();
            placeholders[i] = Fusion.placeholder(i, types[i], in[i].shape().equals(in[0].shape()) ? shape : Shape.of(columns));
        }
        Program program = null;
        DType type = null;
        try {
            var result = GradMode.with(false, () -> value.apply(placeholders));
            type = result.dtype();
            if (result.pending() != null && result.shape().equals(shape))
                program = new FusionPlan(shape, result).ofPlaceholders(new Tensor[] {result});
        } catch (Fusion.NoValue read) {
            // Something on the way is neither: remembered as a formula without a program.
        }
        var fresh = new Made(types, Autocast.type(), program != null && !program.isRowProgram() ? ANY : columns, type, program);
        var all = Arrays.copyOf(made, made.length + 1);
        all[made.length] = fresh;
        made = all;
        return fresh;
    }

    /**
     * @param products the type that products had, which reductions go by
     * @param columns of the operands; ANY where no row is reduced
     * @param program null if there is none
     */
    private record Made(DType[] types, DType products, long columns, DType type, Program program) {
        boolean isFor(Tensor... in) {
            if (in.length != types.length || products != Autocast.type() || columns != ANY && in[0].size(-1) != columns) return false;
            for (int i = 0; i < in.length; i++) if (in[i].dtype() != types[i]) return false;
            return true;
        }

        Tensor run(Tensor... in) {
            var shape = in[0].shape();
            var inputs = new View[in.length];
            for (int i = 0; i < inputs.length; i++) inputs[i] = Fusion.broadcast(in[i], shape);
            var out = Fusion.allocate(type, shape);
            Backend.current().run(program, inputs, new View[] {out});
            return new Tensor(out, shape);
        }
    }
}

package lyceum.backend.math;

/** A function as straight-line arithmetic on lanes of one float type. */
public sealed interface Recipe {

    /** A function of one argument. */
    non-sealed interface Unary extends Recipe {
        <V, M> V apply(Arithmetic<V, M> a, V x);

        /** This recipe for F64 lanes as one for F32 lanes. */
        default Unary inDouble() {
            var wide = this;
            return new Unary() {
                @Override public <V, M> V apply(Arithmetic<V, M> a, V x) { return a.inDouble(wide, x); }
            };
        }
    }

    /** A function of two arguments. */
    non-sealed interface Binary extends Recipe {
        <V, M> V apply(Arithmetic<V, M> a, V x, V y);

        /** This recipe for F64 lanes as one for F32 lanes. */
        default Binary inDouble() {
            var wide = this;
            return new Binary() {
                @Override public <V, M> V apply(Arithmetic<V, M> a, V x, V y) { return a.inDouble(wide, x, y); }
            };
        }
    }
}

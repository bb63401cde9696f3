package lyceum.backend.math;

/** A function as straight-line arithmetic on lanes of one float type. */
public sealed interface Recipe {

    /** A function of one argument. */
    non-sealed interface Unary extends Recipe {
        <V, M> V apply(Arithmetic<V, M> a, V x);
    }

    /** A function of two arguments. */
    non-sealed interface Binary extends Recipe {
        <V, M> V apply(Arithmetic<V, M> a, V x, V y);
    }
}

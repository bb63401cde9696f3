package lyceum.backend.math;

import java.util.Optional;
import lyceum.DType;
import lyceum.backend.Op;

/** The recipe of each primitive function. */
public final class Recipes {
    private Recipes() {}

    /** The recipe of {@code op} for lanes of {@code type}, F32 or F64; empty for operations that are plain arithmetic or have no recipe. */
    public static Optional<Recipe> of(Op op, DType type) {
        boolean wide = switch (type) {
            case F32 -> false;
            case F64 -> true;
            default -> throw new IllegalArgumentException("no recipe works on lanes of " + type + "; they are F32 or F64");
        };
        return Optional.ofNullable(op.arity() == 2 ? binary(op, wide) : unary(op, wide));
    }

    private static Recipe unary(Op op, boolean wide) {
        Recipe.Unary both = switch (op) {
            case EXP -> Exponentials::exp;
            case EXPM1 -> Exponentials::expm1;
            case LOG -> Logarithms::log;
            case LOG1P -> Logarithms::log1p;
            case LOG2 -> Logarithms::log2;
            case SIN -> Trigonometry::sin;
            case COS -> Trigonometry::cos;
            case TAN -> Trigonometry::tan;
            case TANH -> Exponentials::tanh;
            case SIGMOID -> Exponentials::sigmoid;
            case SOFTPLUS -> Exponentials::softplus;
            case GELU -> wide ? ErrorFunctions::gelu64 : ErrorFunctions::gelu32;
            case ERF -> wide ? ErrorFunctions::erf64 : ErrorFunctions::erf32;
            case ERFC -> wide ? ErrorFunctions::erfc64 : ErrorFunctions::erfc32;
            default -> null;
        };
        if (both != null) return both;
        Recipe.Unary inDouble = switch (op) {
            case ASIN -> Arcs::asin;
            case ACOS -> Arcs::acos;
            case ATAN -> Arcs::atan;
            case SINH -> Exponentials::sinh;
            case COSH -> Exponentials::cosh;
            // Good for floats only.
            case ERFINV -> wide ? null : ErrorFunctions::erfinv;
            case LGAMMA -> wide ? null : GammaFunctions::lgamma;
            case DIGAMMA -> wide ? null : GammaFunctions::digamma;
            default -> null;
        };
        return wide || inDouble == null ? inDouble : inDouble.inDouble();
    }

    private static Recipe binary(Op op, boolean wide) {
        return switch (op) {
            case POW -> wide ? (Recipe.Binary) Powers::pow64 : (Recipe.Binary) Powers::pow32;
            case ATAN2 -> wide ? (Recipe.Binary) Arcs::atan2 : ((Recipe.Binary) Arcs::atan2).inDouble();
            default -> null;
        };
    }
}

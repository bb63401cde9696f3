package lyceum.backend.math;

import java.util.Optional;
import lyceum.DType;
import lyceum.backend.Op;

/** The recipe of each primitive function. */
public final class Recipes {
    private Recipes() { }

    /** The recipe of {@code op} for lanes of {@code type}, F32 or F64; empty for operations that are plain arithmetic or have no recipe. */
    public static Optional<Recipe> of(Op op, DType type) {
        if (type != DType.F32 && type != DType.F64) throw new IllegalArgumentException("no recipe works on lanes of " + type + "; they are F32 or F64");
        return Optional.ofNullable(unary(op, type));
    }

    private static Recipe.Unary unary(Op op, DType type) {
        return switch (op) {
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
            case GELU -> ErrorFunctions::gelu;
            case ERF -> type == DType.F32 ? ErrorFunctions::erf32 : ErrorFunctions::erf64;
            case ERFC -> ErrorFunctions::erfc;
            default -> null;
        };
    }
}

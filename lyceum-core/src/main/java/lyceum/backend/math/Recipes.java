package lyceum.backend.math;

import java.util.Optional;
import lyceum.DType;
import lyceum.backend.Op;

/** The recipe of each primitive function. */
public final class Recipes {
    private Recipes() { }

    /** The recipe of {@code op} for lanes of {@code type}, F32 or F64; empty for operations that are plain arithmetic or have no recipe. */
    public static Optional<Recipe> of(Op op, DType type) {
        return Optional.ofNullable(switch (type) {
            case F32 -> single(op);
            case F64 -> null;
            default -> throw new IllegalArgumentException("no recipe works on lanes of " + type + "; they are F32 or F64");
        });
    }

    private static Recipe single(Op op) {
        return switch (op) {
            case EXP -> (Recipe.Unary) Exponentials::exp32;
            case EXPM1 -> (Recipe.Unary) Exponentials::expm132;
            case LOG -> (Recipe.Unary) Logarithms::log32;
            case LOG1P -> (Recipe.Unary) Logarithms::log1p32;
            case LOG2 -> (Recipe.Unary) Logarithms::log232;
            case SIN -> (Recipe.Unary) Trigonometry::sin32;
            case COS -> (Recipe.Unary) Trigonometry::cos32;
            case TAN -> (Recipe.Unary) Trigonometry::tan32;
            case TANH -> (Recipe.Unary) Exponentials::tanh32;
            case SIGMOID -> (Recipe.Unary) Exponentials::sigmoid32;
            case SOFTPLUS -> (Recipe.Unary) Exponentials::softplus32;
            case GELU -> (Recipe.Unary) ErrorFunctions::gelu32;
            case ERF -> (Recipe.Unary) ErrorFunctions::erf32;
            case ERFC -> (Recipe.Unary) ErrorFunctions::erfc32;
            default -> null;
        };
    }
}

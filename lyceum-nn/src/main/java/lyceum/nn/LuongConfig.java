package lyceum.nn;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.withers.Withers;

/**
 * What a {@link LuongAttention} is like.
 *
 * @param queryWidth of a decoder's state
 * @param sourceWidth of an encoder's state
 * @param outputs width of the attentional state
 * @param score of a place
 * @param scope which places are looked at
 * @param radius D: of local attention, places on each side of the centre, at least 1
 * @param hidden units of the concat score and of the network that predicts a centre
 * @param longest source, for the location score
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record LuongConfig(int queryWidth, int sourceWidth, int outputs, Score score, Scope scope, int radius, int hidden, int longest,
        DType dtype) implements LuongConfigWithers {

    /** How well a place fits a state: h of the decoder, s of the source. */
    public enum Score {
        /** {@code h . s}; both are of one width. */
        DOT,
        /** {@code h . W s}. */
        GENERAL,
        /** {@code v . tanh(W [h; s])}. */
        CONCAT,
        /** Number j of {@code W h}: the state alone says where to look. */
        LOCATION
    }

    /** Which places are looked at. */
    public enum Scope {
        /** All. */
        GLOBAL,
        /** Those within the radius of the decoder's own step, as if both sentences ran side by side. */
        LOCAL_M,
        /** Those within the radius of a predicted centre p, weighted by {@code exp(-(j - p)^2 / (2 sigma^2))}, sigma half the radius. */
        LOCAL_P
    }

    public LuongConfig {
        Objects.requireNonNull(score, "score");
        Objects.requireNonNull(scope, "scope");
        if (queryWidth < 1 || sourceWidth < 1 || outputs < 1 || hidden < 1 || longest < 1)
            throw new IllegalArgumentException("LuongConfig: " + "widths " + queryWidth + ", " + sourceWidth + ", " + outputs + ", hidden "
                    + hidden + ", longest " + longest + "; each is at least 1");
        if (radius < 1) throw new IllegalArgumentException("LuongConfig: radius is " + radius + "; it is at least 1");
        if (score == Score.DOT && queryWidth != sourceWidth) throw new IllegalArgumentException(
                "LuongConfig: DOT with widths " + queryWidth + " and " + sourceWidth + "; they are equal, else use GENERAL");
        if (dtype != DType.F32 && dtype != DType.F64) throw new DTypeException("LuongConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** Global, with the general score; as many outputs and hidden units as the query is wide, a radius of 10, sources up to 100, F32. */
    public LuongConfig(int queryWidth, int sourceWidth) {
        this(queryWidth, sourceWidth, queryWidth, Score.GENERAL, Scope.GLOBAL, 10, queryWidth, 100, DType.F32);
    }
}

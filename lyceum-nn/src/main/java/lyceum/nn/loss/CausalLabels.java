package lyceum.nn.loss;

import java.util.Objects;
import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * What a causal language model is to predict, and which predictions count: the id at t + 1 at position t. Shifting is done by {@link CausalLmLoss}, once;
 * these ids stand where the model reads them.
 *
 * {@snippet :
 * var labels = CausalLabels.of(ids).withPadding(ids.ne(0)).withDocuments(documentOfEachToken);
 * new CausalLmLoss().tokens(model.forward(ids), labels).mean().backward();
 * }
 *
 * @param ids (batch, time) or (time), integers; where one is the loss's ignored one, it is not predicted
 * @param padding of that shape, true for a real token: a prediction counts if it is made at a real token and of a real one; null for all
 * @param documents of that shape, integers: a token is not predicted from the end of another document; null for a single one
 * @param weights of that shape, at least 0: what predicting the token that stands there counts; null for 1. They are constants to derivatives
 */
@Withers
public record CausalLabels(Tensor ids, Tensor padding, Tensor documents, Tensor weights) implements CausalLabelsWithers {
    public CausalLabels {
        Objects.requireNonNull(ids, "ids");
        if (ids.dtype().isFloat()) throw new DTypeException("CausalLabels: ids are " + ids.dtype() + "; they are integers");
        if (ids.rank() < 1 || ids.rank() > 2 || ids.size(-1) < 2)
            throw new ShapeException("CausalLabels: ids have shape " + ids.shape() + "; they are (batch, time), of at least two tokens");
        requireAlike("padding", ids, padding);
        requireAlike("documents", ids, documents);
        requireAlike("weights", ids, weights);
    }

    /** Every id but the first of a row is predicted. */
    public static CausalLabels of(Tensor ids) { return new CausalLabels(ids, null, null, null); }

    private static void requireAlike(String what, Tensor ids, Tensor other) {
        if (other != null && !other.shape().equals(ids.shape()))
            throw new ShapeException("CausalLabels: " + what + " " + other.shape() + " for ids " + ids.shape());
    }

    /** The ids to predict, one for each position but the last, flat; 0 for the ignored one. */
    Tensor targets(long ignored) {
        var next = later(ids.to(DType.I64));
        return next.eq(ignored).where(next.zerosLike(), next);
    }

    /** What each of them counts. */
    Tensor counts(DType type, long ignored) {
        var counted = later(ids.to(DType.I64)).ne(ignored);
        if (padding != null) counted = counted.and(later(padding)).and(earlier(padding));
        if (documents != null) counted = counted.and(later(documents).eq(earlier(documents)));
        var one = counted.to(type);
        return weights == null ? one : one.mul(later(weights.detach().to(type)));
    }

    private static Tensor later(Tensor x) { return x.narrow(-1, 1, x.size(-1) - 1).flatten(); }

    private static Tensor earlier(Tensor x) { return x.narrow(-1, 0, x.size(-1) - 1).flatten(); }
}

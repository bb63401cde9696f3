package lyceum.retrieval;

import lyceum.ShapeException;
import lyceum.linalg.Similarity;
import lyceum.tensor.Tensor;

/**
 * A linear map of tokens' vectors, scaled to length 1 behind it, as ColBERT has one on top of BERT.
 *
 * @param weight F32 (numbers of an encoder's vector, numbers that are kept)
 */
public record TokenProjection(Tensor weight) {
    public TokenProjection {
        if (weight.rank() != 2) throw new ShapeException("TokenProjection: the weight has shape " + weight.shape() + "; it is (in, out)");
    }

    /** (..., in) to unit vectors (..., out). */
    public Tensor apply(Tensor tokens) { return Similarity.normalise(tokens.matmul(weight)); }

    public float[][] apply(float[][] tokens) {
        if (tokens.length == 0) return tokens;
        int in = (int) weight.size(0), out = (int) weight.size(1);
        var flat = new float[tokens.length * in];
        for (int t = 0; t < tokens.length; t++) {
            if (tokens[t].length != in)
                throw new ShapeException("TokenProjection: a token of " + tokens[t].length + " numbers; the weight takes " + in);
            System.arraycopy(tokens[t], 0, flat, t * in, in);
        }
        float[] all = apply(Tensor.of(flat, tokens.length, in)).detach().toFloatArray();
        var mapped = new float[tokens.length][out];
        for (int t = 0; t < tokens.length; t++) System.arraycopy(all, t * out, mapped[t], 0, out);
        return mapped;
    }
}

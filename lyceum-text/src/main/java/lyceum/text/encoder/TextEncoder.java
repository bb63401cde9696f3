package lyceum.text.encoder;

import java.util.List;
import lyceum.tensor.Tensor;

/**
 * Texts to vectors, alike meanings near each other: what dense search, clustering and few-shot classifiers of text stand on.
 *
 * {@snippet :
 * static String nearest(TextEncoder encoder, String query, List<String> texts) {
 *     var scores = encoder.encode(texts).matmul(encoder.encode(List.of(query)).get(0));
 *     return texts.get((int) scores.argmax(0).item());
 * }
 * }
 *
 * <p>Safe for threads.
 */
public interface TextEncoder {
    /** Numbers in a vector. */
    int dimension();

    /** A vector for each text, (n, dimension), F32; of no text (0, dimension). */
    Tensor encode(List<String> texts);

    /** The vector of one text. */
    default float[] encode(String text) { return encode(List.of(text)).toFloatArray(); }

    /** A vector for each token of each text. */
    List<TokenVectors> tokens(List<String> texts);
}

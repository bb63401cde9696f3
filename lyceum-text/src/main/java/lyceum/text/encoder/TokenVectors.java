package lyceum.text.encoder;

import java.util.stream.IntStream;
import lyceum.tensor.Tensor;
import lyceum.text.Encoding;

/**
 * The tokens of a text and a vector for each.
 *
 * @param encoding ids, and where in the text they are from
 * @param vectors (tokens, dimension), F32
 */
public record TokenVectors(Encoding encoding, Tensor vectors) {
    /** The mean of the tokens that touch the characters {@code [from, to)}. @throws IllegalArgumentException if there are none */
    public Tensor span(int from, int to) {
        int[] rows = IntStream.range(0, encoding.size())
                .filter(i -> !encoding.isSpecial(i) && encoding.start(i) < to && encoding.end(i) > from).toArray();
        if (rows.length == 0) throw new IllegalArgumentException("TokenVectors: no token between characters " + from + " and " + to);
        return vectors.indexSelect(0, Tensor.of(rows)).mean(0);
    }
}

package lyceum.models.audio;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * In which order the codes of a frame's books are written: as a grid (.., books, frames) has them they belong to one moment, a language
 * model writes them one after the other.
 *
 * @see <a href="https://arxiv.org/abs/2306.05284">Copet et al. (2023), section 2.2</a>
 */
public enum CodePattern {
    /** Frame after frame, in it book after book: (.., frames books). Each code sees all before it. */
    FLAT,
    /**
     * Book k begins k steps later: (.., books, frames + books - 1), the corners filled up. A column is written at once, and sees the
     * coarser codes of its frames.
     */
    DELAY;

    /** The codes (.., books, frames) in that order. @param filler for the corners of {@link #DELAY}; no code */
    public Tensor interleave(Tensor codes, long filler) {
        if (codes.rank() < 2 || codes.size(-2) < 1)
            throw new ShapeException("CodePattern: codes " + codes.shape() + "; they are (.., books, frames)");
        long books = codes.size(-2), frames = codes.size(-1);
        if (this == FLAT) {
            var shape = Arrays.copyOf(codes.shape().toArray(), codes.rank() - 1);
            shape[codes.rank() - 2] = books * frames;
            return codes.transpose(-2, -1).reshape(shape);
        }
        var rows = new Tensor[(int) books];
        for (int k = 0; k < books; k++) rows[k] = codes.select(-2, k).pad(-1, k, books - 1 - k, filler);
        return Tensor.stack(codes.rank() - 2, rows);
    }

    /** Back to (.., books, frames). @throws ShapeException if so many books cannot have given that shape */
    public Tensor deinterleave(Tensor written, int books) {
        long steps = written.size(-1);
        if (this == FLAT) {
            if (books < 1 || steps % books != 0)
                throw new ShapeException("CodePattern: " + steps + " codes of " + books + " books; they divide");
            var shape = Arrays.copyOf(written.shape().toArray(), written.rank() + 1);
            shape[written.rank() - 1] = steps / books;
            shape[written.rank()] = books;
            return written.reshape(shape).transpose(-2, -1);
        }
        if (written.rank() < 2 || written.size(-2) != books || steps < books - 1)
            throw new ShapeException("CodePattern: " + written.shape() + " for " + books + " books; it is (.., books, frames + books - 1)");
        var rows = new Tensor[books];
        for (int k = 0; k < books; k++) rows[k] = written.select(-2, k).narrow(-1, k, steps - books + 1);
        return Tensor.stack(written.rank() - 2, rows);
    }
}

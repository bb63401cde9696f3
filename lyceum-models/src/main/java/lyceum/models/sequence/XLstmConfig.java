package lyceum.models.sequence;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The choices of an {@link XLstm} model.
 *
 * @param width of the stream
 * @param heads of both cells; they divide the width
 * @param blocks which cell each block has, first to last
 * @param forget how a cell forgets
 * @param kernel taps of the short convolutions; 0 for none
 * @param expand inner channels of an mLSTM block for each channel of the width
 * @param hidden units of the gated network behind an sLSTM
 * @param chunk positions that an mLSTM does at once: 1 for the recurrence, {@link #PARALLEL} for all of them
 * @param dtype of the parameters: F32 or F64
 */
@Withers
public record XLstmConfig(int width, int heads, List<Cell> blocks, Forget forget, int kernel, int expand, int hidden, int chunk,
        DType dtype) implements XLstmConfigWithers {
    /** A chunk of any length. */
    public static final int PARALLEL = Integer.MAX_VALUE;

    /** A memory. */
    public enum Cell {
        /** Numbers, whose gates hear what was put out before. */
        SCALAR,
        /** A matrix for each head, whose gates hear the input alone. */
        MATRIX
    }

    /** The gate that keeps the memory; the one that writes is exponential always. */
    public enum Forget {
        /** In (0, 1). */
        SIGMOID,
        /** Positive. */
        EXPONENTIAL
    }

    public XLstmConfig {
        blocks = List.copyOf(blocks);
        Objects.requireNonNull(forget, "forget");
        if (width < 1 || heads < 1 || width % heads != 0 || blocks.isEmpty() || kernel < 0 || expand < 1 || hidden < 1 || chunk < 1)
            throw new IllegalArgumentException("XLstmConfig: width " + width + ", heads " + heads + ", blocks " + blocks + ", kernel "
                    + kernel + ", expand " + expand + ", hidden " + hidden + " and chunk " + chunk
                    + "; heads divide the width, there is a block, kernel is 0 or more and the others positive");
        if (dtype != DType.F32 && dtype != DType.F64)
            throw new IllegalArgumentException("XLstmConfig: dtype is " + dtype + "; it is F32 or F64");
    }

    /** So many blocks of one cell, 4 taps, twice the width in an mLSTM, 4/3 of it behind an sLSTM, chunks of 64, sigmoid forget gates, F32. */
    public XLstmConfig(int width, int heads, int blocks, Cell cell) {
        this(width, heads, Collections.nCopies(blocks, cell), Forget.SIGMOID, 4, 2, Math.ceilDiv(4 * width, 3), 64, DType.F32);
    }
}

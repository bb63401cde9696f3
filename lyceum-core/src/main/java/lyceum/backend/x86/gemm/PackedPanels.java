package lyceum.backend.x86.gemm;

import lyceum.backend.View;
import lyceum.memory.Storage;

/** A right matrix in panels of columns, each for the whole inner dimension, as the kernels read it: made once for many products. */
public final class PackedPanels {
    /** What was packed. */
    final View source;
    /** Whose layout the panels have. */
    final Arithmetic arithmetic;
    /** Of a panel; the last one has as many as it needs. */
    final int vectors;
    final long panelBytes;
    final Storage panels;
    /** Of I8: 128 times the sum of each column, by which sums begin below 0 where the left operand is I8 too; else null. */
    final Storage starts;

    PackedPanels(View source, Arithmetic arithmetic, int vectors, long panelBytes, Storage panels, Storage starts) {
        this.source = source;
        this.arithmetic = arithmetic;
        this.vectors = vectors;
        this.panelBytes = panelBytes;
        this.panels = panels;
        this.starts = starts;
    }

    long panel(int index) { return panels.address() + index * panelBytes; }

    long start(int column) { return starts.address() + 4L * column; }
}

package lyceum.llm;

import lyceum.DType;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.tensor.Tensor;

/** Each sequence of a layout in a row of its own, padded behind, for models that read from left to right and know no layouts. */
final class SpanRows {
    private SpanRows() {}

    static Tensor logits(CausalLM model, Tensor ids, SequenceLayout layout, Pass pass) {
        if (layout.hasPrefix()) throw new UnsupportedOperationException(
                "logits: a prefix that sees itself both ways; " + model.getClass().getSimpleName() + " reads in one direction only");
        var spans = layout.spans();
        int rows = spans.size(), longest = spans.stream().mapToInt(SequenceLayout.Span::length).max().orElse(1);
        var from = new long[rows * longest]; // of each place in the rows, where it stands in the batch; and the way back
        var to = new long[layout.rows() * layout.columns()];
        for (int r = 0; r < rows; r++) {
            var span = spans.get(r);
            int first = span.row() * layout.columns() + span.start();
            for (int t = 0; t < longest; t++) from[r * longest + t] = first + Math.min(t, span.length() - 1);
            for (int t = 0; t < span.length(); t++) to[first + t] = (long) r * longest + t;
        }
        var own = ids.to(DType.I64).flatten().indexSelect(0, Tensor.of(from)).reshape(rows, longest);
        var z = model.logits(own, pass);
        return z.reshape((long) rows * longest, z.size(2)).indexSelect(0, Tensor.of(to)).reshape(layout.rows(), layout.columns(),
                z.size(2));
    }
}

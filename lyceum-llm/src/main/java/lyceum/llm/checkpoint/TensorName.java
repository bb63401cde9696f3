package lyceum.llm.checkpoint;

import java.util.List;

/**
 * A tensor of a file and those of the model that lie in it.
 *
 * @param theirs name in the file
 * @param ours names in the model, of one tensor or of several that are fused
 */
record TensorName(String theirs, Form form, List<String> ours) {
    /** How the model's tensors lie in the file's. */
    enum Form {
        /** One as it is, or several one under another along the first axis. */
        ROWS,
        /** The transpose of that: GPT-2's Conv1D. */
        COLUMNS,
        /** Head by head its query, key and value: GPT-NeoX. */
        HEADS
    }

    static TensorName of(String theirs, String... ours) { return new TensorName(theirs, Form.ROWS, List.of(ours)); }
}

package lyceum.llm.generate;

import java.util.Arrays;
import lyceum.llm.CausalLM;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.tensor.Tensor;

/**
 * A model that keeps what it read for one text, so that a prompt which begins as the last text did is read from where the two part: the turns of a conversation, a
 * text that is edited at its end. Batches of several prompts are read as ever. For one thread.
 *
 * {@snippet :
 * var generator = new CausalGenerator(new RememberingLM(model), tokenizer);
 * }
 */
public final class RememberingLM implements CausalLM {
    private final CausalLM model;
    private Decoding kept;
    private int[] read = new int[0];
    private long positions;

    public RememberingLM(CausalLM model) { this.model = model; }

    /** How many positions the model has computed for the text that is kept, all its prompts together. */
    public long positions() { return positions; }

    /** Forgets the text. */
    public void forget() {
        kept = null;
        read = new int[0];
    }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int startMark() { return model.startMark(); }

    @Override public int endMark() { return model.endMark(); }

    @Override public long contextLength() { return model.contextLength(); }

    @Override public Tensor logits(Tensor ids, Pass pass) { return model.logits(ids, pass); }

    @Override public Tensor logits(Tensor ids, SequenceLayout layout, Pass pass) { return model.logits(ids, layout, pass); }

    @Override public Decoding begin() { return new Kept(); }

    /** Reads a prompt behind what of it is known: all but its last id at most, whose logits are wanted. */
    private Tensor resumed(int[] prompt) {
        int same = 0;
        while (same < read.length && same < prompt.length - 1 && read[same] == prompt[same]) same++;
        if (kept == null || same < read.length && !cut(same)) {
            kept = model.begin();
            same = 0;
        }
        read = Arrays.copyOf(prompt, same);
        return appended(Arrays.copyOfRange(prompt, same, prompt.length));
    }

    /** Whether positions could be taken back. */
    private boolean cut(int length) {
        try {
            kept.truncate(length);
            return true;
        } catch (UnsupportedOperationException e) {
            return false;
        }
    }

    private Tensor appended(int[] ids) {
        var decoding = kept;
        kept = null; // should it throw, what it read is not known
        var logits = decoding.next(Tensor.of(ids, 1, ids.length));
        kept = decoding;
        int before = read.length;
        read = Arrays.copyOf(read, before + ids.length);
        System.arraycopy(ids, 0, read, before, ids.length);
        positions += ids.length;
        return logits;
    }

    /** The kept text while there is one row of it, a decoding of the model's else. */
    private final class Kept implements Decoding {
        private Decoding own;
        private boolean begun;

        private Decoding own() {
            if (own == null) {
                if (begun) own = kept.fork();
                else own = model.begin();
                begun = true;
            }
            return own;
        }

        @Override public Tensor next(int[]... prompts) {
            if (begun || prompts.length != 1 || prompts[0].length == 0) return own().next(prompts);
            begun = true;
            return resumed(prompts[0]);
        }

        @Override public Tensor next(Tensor ids) {
            return begun && own == null && ids.size(0) == 1 ? appended(ids.toIntArray()) : own().next(ids);
        }

        @Override public Tensor all(Tensor ids) { return own().all(ids); }

        @Override public long length() { return own != null ? own.length() : begun ? read.length : 0; }

        @Override public void truncate(long... lengths) { own().truncate(lengths); }

        @Override public Decoding fork(int... rows) { return begun && own == null ? kept.fork(rows) : own().fork(rows); }

        @Override public long bytes() { return own != null ? own.bytes() : kept == null ? 0 : kept.bytes(); }
    }
}

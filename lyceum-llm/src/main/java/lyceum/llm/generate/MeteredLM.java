package lyceum.llm.generate;

import java.util.concurrent.atomic.LongAdder;
import lyceum.DType;
import lyceum.autograd.FlopCounter;
import lyceum.llm.CausalLM;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * A model that counts what is asked of it: FLOPs in matrix products, a multiply-add two. What a position costs is counted by shape ({@link FlopCounter#ofShapes}) on
 * texts of one and of two positions; t new positions behind L others cost {@code a t + b t (L + t)}, attention in full whatever a mask hides, and an output at each.
 * Safe to share if the model is.
 */
public final class MeteredLM implements CausalLM {
    private final CausalLM model;
    private final long each, pair; // of a position by itself, and of a query and a key
    private final LongAdder flops = new LongAdder();

    public MeteredLM(CausalLM model) {
        this.model = model;
        long one = forward(1), two = forward(2);
        pair = (two - 2 * one) / 2;
        each = one - pair;
    }

    private long forward(int length) {
        return FlopCounter.ofShapes(() -> model.logits(Tensor.zeros(DType.I64, 1, length), Pass.inference())).products();
    }

    /** FLOPs so far. */
    public long flops() { return flops.sum(); }

    private void count(Tensor ids, long before) {
        long rows = ids.size(0), t = ids.size(1);
        flops.add(rows * (each * t + pair * t * (before + t)));
    }

    @Override public long contextLength() { return model.contextLength(); }

    @Override public int vocabulary() { return model.vocabulary(); }

    @Override public int startMark() { return model.startMark(); }

    @Override public int endMark() { return model.endMark(); }

    @Override public Tensor logits(Tensor ids, Pass pass) {
        count(ids, 0);
        return model.logits(ids, pass);
    }

    @Override public Decoding begin() { return new Metered(model.begin()); }

    private final class Metered implements Decoding {
        private final Decoding decoding;

        Metered(Decoding decoding) { this.decoding = decoding; }

        @Override public Tensor all(Tensor ids) {
            count(ids, length());
            return decoding.all(ids);
        }

        @Override public Tensor next(Tensor ids) {
            count(ids, length());
            return decoding.next(ids);
        }

        @Override public Tensor at(Tensor ids, int... places) {
            count(ids, length());
            return decoding.at(ids, places);
        }

        @Override public long length() { return decoding.length(); }

        @Override public void truncate(long... lengths) { decoding.truncate(lengths); }

        @Override public Decoding fork(int... rows) { return new Metered(decoding.fork(rows)); }

        @Override public long bytes() { return decoding.bytes(); }
    }
}

package lyceum.llm.quant;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.train.peft.Lora;
import lyceum.train.peft.Peft;
import lyceum.withers.Withers;

/**
 * Low-rank tuning of a model whose own weights take four bits: {@code y = dequant(W_4) x + s B A x}. The stored weights are frozen; A and B are F32.
 *
 * {@snippet :
 * var tuned = new QLora(new Lora(8, 16)).of(model, "polite", rng);
 * new Trainer(new PagedState(new AdamW(2e-4), folder), 3).fit(tuned.model(), loss, data, rng);   // trains A and B alone
 * tuned.adapters().save(folder);
 * }
 *
 * <p>The given model is not changed. What is no linear layer named by {@code layers} (embeddings, norms, the head) is copied as it is, and frozen.
 *
 * @param lora which layers get a low-rank update and of what rank
 * @param block weights that share a magnitude
 * @param scaleBlock magnitudes that share a number; 0 for no double quantisation
 * @param halved whether weights are multiplied as BF16, else F32; sums are F32
 * @param layers names of the linear layers that are stored in four bits: {@code *} is any text, {@code ?} a character
 * @see Nf4Weight
 * @see lyceum.train.PagedState
 * @see <a href="https://arxiv.org/abs/2305.14314">Dettmers, Pagnoni, Holtzman and Zettlemoyer (2023)</a>
 */
@Withers
public record QLora(Lora lora, int block, int scaleBlock, boolean halved, List<String> layers) implements QLoraWithers {
    public QLora {
        Objects.requireNonNull(lora, "lora");
        if (block < 1 || scaleBlock < 0)
            throw new IllegalArgumentException("QLora: blocks of " + block + " and " + scaleBlock + "; at least 1 and 0");
        layers = List.copyOf(layers);
    }

    /** Blocks of 64, magnitudes in blocks of 256, products in F32, the layers of {@code decoder}. */
    public QLora(Lora lora) { this(lora, 64, 256, false, List.of("decoder.*")); }

    /** A model in four bits, and what is trained on it. */
    public record Tuned<M extends Module>(M model, Peft adapters) {
        /** Bytes of stored weights. */
        public long storedBytes() {
            long sum = 0;
            for (var module : model.modules().values())
                if (module instanceof Linear linear && linear.stored() != null) sum += linear.stored().bytes();
            return sum;
        }
    }

    /** A weight as this stores it. */
    public Nf4Weight stored(Linear layer) { return Nf4Weight.of(layer.weight(), block, scaleBlock, halved); }

    /** A model like this one whose layers take four bits. */
    public <M extends Module> M quantised(M model) {
        var parts = new IdentityHashMap<Module, Module>();
        for (var stage : Gptq.stages(model, layers)) for (var name : stage) {
            var layer = (Linear) model.modules().get(name);
            parts.put(layer, Gptq.onto(stored(layer), layer.bias(), layer.activation()));
        }
        return Module.resized(model, Map.of(), parts);
    }

    /** A model in four bits with adapters to be trained. @param name of the tuning, see {@link Peft#of(Module, lyceum.train.peft.PeftMethod, String, Rng)} */
    public <M extends Module> Tuned<M> of(M model, String name, Rng rng) {
        var small = quantised(model);
        return new Tuned<>(small, Peft.of(small, lora, name, rng));
    }
}

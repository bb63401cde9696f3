package lyceum.train.peft;

import java.util.List;
import java.util.stream.Collectors;
import lyceum.nn.Conv1d;
import lyceum.nn.Conv2d;
import lyceum.nn.Conv3d;
import lyceum.nn.ConvLayer;
import lyceum.nn.Dropout;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Low-rank adaptation: {@code y = W x + s B A x} with A (rank, inputs) and B (outputs, rank), {@code s = alpha / rank}, or {@code alpha / sqrt(rank)}
 * when rank-stabilised. One of the factors begins at zero, and so the model begins unchanged.
 *
 * <p>Linear layers, convolutions without groups (A has the kernel, B is 1 wide: {@code rank (inputs kernel + outputs)} numbers) and embeddings
 * ({@code rank (count + width)}) can be targets.
 *
 * {@snippet :
 * var tuning = Peft.of(model, new Lora(8, 16).withTargets(List.of("q_proj", "v_proj")), "polite", rng);
 * trainer.fit(model, loss, data, rng);          // trains A and B alone
 * tuning.merge();                               // W + s B A: as fast as the base
 * tuning.unmerge();
 * }
 *
 * @param rank of the update, at least 1
 * @param alpha of the scale
 * @param dropout on what goes into A, while learning; not for embeddings
 * @param rankStabilized divides alpha by the root of the rank
 * @param targets names of modules, or their ends: {@code q_proj}, {@code layers.0.*}
 * @see <a href="https://arxiv.org/abs/2106.09685">Hu et al. (2022)</a>
 * @see <a href="https://arxiv.org/abs/2312.03732">Kalajdzievski (2023): the scale</a>
 */
@Withers
public record Lora(int rank, double alpha, double dropout, boolean rankStabilized, List<String> targets)
        implements PeftMethod, LoraWithers {
    public Lora {
        if (rank < 1) throw new IllegalArgumentException("Lora: rank is " + rank + "; it is at least 1");
        if (!(Double.isFinite(alpha) && alpha > 0)) throw new IllegalArgumentException("Lora: alpha is " + alpha + "; it is positive");
        new Dropout(dropout);
        targets = List.copyOf(targets);
    }

    /** On every layer that can be adapted, without dropout, scaled by {@code alpha / rank}. */
    public Lora(int rank, double alpha) { this(rank, alpha, 0, false, List.of("*")); }

    /** What B A is multiplied by. */
    public double scale() { return alpha / (rankStabilized ? Math.sqrt(rank) : rank); }

    @Override public List<Peft.Piece> pieces(Module model, String name, Rng rng) {
        return PeftMethod.places("Lora", model, targets, Lora::isAdaptable).stream()
                .map(p -> new Peft.Piece(p.name(), p.module(), LoraLayer.over(p.module(), this, name, rng))).collect(Collectors.toList());
    }

    private static boolean isAdaptable(Module module) {
        return module instanceof Linear || module instanceof Embedding
                || (module instanceof Conv1d || module instanceof Conv2d || module instanceof Conv3d)
                        && ((ConvLayer) module).how().groups() == 1;
    }
}

package lyceum.llm.train;

import java.util.function.ToDoubleFunction;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Similarity;
import lyceum.llm.DecoderLM;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** What each layer of a decoder is worth: a number a layer, the least for the one that is missed least. */
@FunctionalInterface
public interface LayerImportance {
    double[] of(DecoderLM model);

    /**
     * By what is measured without it: one measurement a layer (Hu, Rosing and Zhang 2025).
     *
     * @param loss of a model on a small set of the domain's text, larger if worse; for an accuracy give it negated
     */
    static LayerImportance lossWithout(ToDoubleFunction<DecoderLM> loss) {
        return model -> {
            var scores = new double[model.config().layers()];
            if (scores.length > 1) for (int l = 0; l < scores.length; l++) scores[l] = loss.applyAsDouble(LayerPruner.without(model, l));
            return scores;
        };
    }

    /**
     * By how far it turns what runs through it: {@code 1 - mean cos(x_l, x_(l+1))} over all positions, in one pass (Men et al. 2024, block influence).
     *
     * @param ids (rows, T) of the domain's text
     */
    static LayerImportance influence(Tensor ids) {
        if (ids.rank() != 2) throw new ShapeException("LayerImportance.influence: ids " + ids.shape() + "; they are (rows, T)");
        return model -> {
            var scores = new double[model.config().layers()];
            var hooks = Hooks.of(model);
            for (int l = 0; l < scores.length; l++) {
                int layer = l;
                hooks.on("decoder.layers." + l, (name, x, y) -> {
                    scores[layer] = 1 - Similarity.cosine(x, y).mean().item();
                    return y;
                });
            }
            Autograd.noGrad(() -> model.hidden(ids, Pass.inference().with(hooks)));
            return scores;
        };
    }
}

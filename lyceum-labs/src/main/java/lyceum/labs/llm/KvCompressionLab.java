package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.CausalLM;
import lyceum.llm.cache.CompressedKvCache;
import lyceum.llm.cache.KvCompression;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A walk whose first token says how it goes on, read by a small model: which tokens each rule of eviction still holds at its end, and what the next ones cost. */
@Lab(topics = "kv-compression", title = "What the cache remembers")
final class KvCompressionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int budget = lab.param("budget", 8, 2, 20), recent = lab.param("recent", 4, 1, 20),
                steps = lab.param("training steps", 150, 20, 1000);
        int passages = lab.param("passages", 24, 4, 200), prompt = 20, written = WalkDecoder.LENGTH - prompt;
        recent = Math.min(recent, budget);
        var model = WalkDecoder.trained(lab, steps);
        var rules = List.of(KvCompression.heavyHitters(budget).withRecent(recent), KvCompression.snapKv(budget, recent),
                KvCompression.random(budget, recent, lab.seed()), KvCompression.latest(budget));
        var names = new String[] {"H2O", "SnapKV", "random", "latest"};
        var text = WalkDecoder.walks(passages, lab.rng(3));
        var kept = new double[4][prompt];
        var losses = new double[4];
        int most = 0;
        double whole = loss(model.begin(), text, prompt, written);
        for (int r : lab.progress("rules", 4)) {
            var caches = new ArrayList<CompressedKvCache>();
            for (int layer = 0; layer < model.config().layers(); layer++) caches.add(rules.get(r).cache(layer));
            var decoding = model.begin(caches::get);
            Autograd.noGrad(() -> decoding.next(text.narrow(1, 0, prompt)));
            var cache = caches.getLast();
            int heads = model.config().blocks().getFirst().attention().keyHeads();
            for (int h = 0; h < heads; h++) {
                for (long p : cache.retained(0, h)) kept[r][(int) p] += 1.0 / heads;
                most = Math.max(most, cache.retained(0, h).length);
            }
            losses[r] = loss(model.begin(rules.get(r).caches()), text, prompt, written) - whole;
        }
        var columns = new String[prompt];
        int[] ids = text.get(0).toIntArray();
        for (int p = 0; p < prompt; p++) columns[p] = p + (p == 0 ? ": kind " : ": ") + ids[p];
        lab.figure(Figure.heatmap("Share of heads that still hold a token", kept, names, columns)
                .axes("place and token of the text", "rule").describedAs(
                        "All keep the last ones. What attention rests on, the first token, stays by both rules that look at it; recency alone drops it."));
        lab.figure(Figure.bar("What the cut costs the next tokens", names, losses).axes("rule", "nats a token over the whole cache")
                .describedAs("Loss of the tokens after the text, less that with all keys and values."));
        lab.say("With %d of %d tokens the next %d cost %.3f nats more by H2O, %.3f by SnapKV, %.3f by chance, %.3f by recency.", budget,
                prompt, written, losses[0], losses[1], losses[2], losses[3]);
        lab.shows("positions a head holds at most, over the budget", most - budget, atMost(0));
        lab.shows("heavy hitters against recency, nats", losses[0] - losses[3], below(0));
    }

    private static double loss(CausalLM.Decoding decoding, Tensor text, int prompt, int written) {
        return Autograd.noGrad(() -> {
            double sum = 0;
            for (int t = prompt; t < prompt + written; t++) {
                var z = decoding.next(t == prompt ? text.narrow(1, 0, t) : text.narrow(1, t - 1, 1)).logSoftmax(-1);
                int[] next = text.select(1, t).toIntArray();
                for (int r = 0; r < next.length; r++) sum -= z.get(r, next[r]).item() / next.length / written;
            }
            return sum;
        });
    }
}

package lyceum.serve;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderLM;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.serve.schedule.BlockPool;
import lyceum.serve.schedule.PrefixTree;
import lyceum.serve.schedule.SchedulerOptions;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Test;

class ChunkedPrefillTest {
    private static List<List<float[]>> run(DecoderLM model, List<int[]> prompts, int chunk, boolean reuse) {
        var pool = new BlockPool(200, 8);
        var options = new SchedulerOptions().withMaxRunning(8).withChunk(chunk).withTokenBudget(chunk == SchedulerOptions.WHOLE ? 256 : 96);
        return new Traced(model, options, pool, reuse ? new PrefixTree(pool) : null).run(prompts, 8);
    }

    @Acceptance(topic = "chunked-prefill", clause = 1)
    @Test void chunksChangeNeitherTokensNorLogits() {
        for (var model : List.of(Tiny.llama(160), Tiny.gpt2(160))) {
            var prompts = new ArrayList<int[]>();
            int[] shared = Tiny.prompt(40, Rng.of(50));
            for (int i = 0; i < 10; i++) {
                int[] own = Tiny.prompt(3 + 13 * i, Rng.of(i)), prompt = own;
                if (i >= 7) { // begins as its neighbours do
                    prompt = Arrays.copyOf(shared, 60);
                    System.arraycopy(own, 0, prompt, 40, 20);
                }
                prompts.add(prompt);
            }
            var whole = run(model, prompts, SchedulerOptions.WHOLE, false);
            double gap = 0, passes = 0;
            int different = 0, compared = 0;
            for (boolean reuse : new boolean[] {false, true}) for (int chunk : new int[] {1, 7, 64, SchedulerOptions.WHOLE}) {
                var chunked = run(model, prompts, chunk, reuse);
                gap = Math.max(gap, Traced.gap(whole, chunked));
                for (int i = 0; i < prompts.size(); i++) {
                    compared++;
                    if (!Arrays.equals(Traced.ids(whole).get(i), Traced.ids(chunked).get(i))) different++;
                }
            }
            for (int i = 0; i < prompts.size(); i++) { // unchunked is what one pass over the whole text gives
                int[] ids = Traced.ids(whole).get(i), text = Arrays.copyOf(prompts.get(i), prompts.get(i).length + 7);
                System.arraycopy(ids, 0, text, prompts.get(i).length, 7);
                float[] z = Autograd.noGrad(() -> model.logits(Tensor.of(text, 1, text.length), Pass.inference()).toFloatArray());
                for (int t = 0; t < 8; t++)
                    for (int j = 0; j < 97; j++)
                        passes = Math.max(passes, Math.abs(z[(text.length - 8 + t) * 97 + j] - whole.get(i).get(t)[j]));
            }
            Evidence.of("texts compared", compared, exactly(80));
            Evidence.of("texts that differ", different, exactly(0));
            Evidence.of("logits against unchunked", gap, atMost(1e-5));
            Evidence.of("unchunked logits against one pass over the text", passes, atMost(1e-5));
        }
    }
}

package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import lyceum.format.Gguf;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.testing.Golden;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Greedy texts of 50 prompts as llama.cpp writes them, which tools/golden/llm_llamacpp_greedy.py asked: the same ids, or apart where hardly one led. */
class LlamaCppGreedyTest {
    private static final Golden GOLDEN = Golden.load("golden/llamacpp-greedy.json");
    private static final int MOST = 64;
    private static final double CLOSE = 1e-3;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen3"}) void textsAreLlamaCpps(String architecture) throws IOException {
        var golden = GOLDEN.named("greedy " + architecture);
        var path = folder.resolve("m.gguf");
        new RecipeModel(architecture, "F32", golden.integer("input.seed"), 2 * RecipeModel.SPREAD).write(path);
        int[][] prompts = golden.intMatrix("input.prompts"), expected = golden.intMatrix("expected.ids");
        var leads = new HashMap<Integer, Double>();
        int[] places = golden.ints("expected.places");
        for (int i = 0; i < places.length; i++) leads.put(places[i], golden.doubles("expected.leads")[i]);
        var generator = new CausalGenerator(GgufModel.read(Gguf.read(path)));
        int same = 0, apart = 0;
        for (int p = 0; p < prompts.length; p++) {
            var stop = new StopCriteria(MOST).withEnds(Set.of(Integer.MAX_VALUE));
            int[] found = generator
                    .run(List.of(new GenerationRequest(prompts[p], SamplingOptions.greedy(), stop, Rng.of(p))), Progress.SILENT).getFirst()
                    .ids();
            assertThat(found).hasSize(MOST);
            for (int t = 0; t < MOST; t++, same++) {
                if (found[t] == expected[p][t]) continue;
                assertThat(leads.getOrDefault(p * MOST + t, 1.0)).as("lead where text %s parts at %s", p, t).isLessThan(CLOSE);
                apart++;
                break;
            }
        }
        assertThat(prompts).hasNumberOfRows(50);
        assertThat(apart).isLessThanOrEqualTo(2);
        assertThat(same).isGreaterThan(48 * MOST);
    }
}

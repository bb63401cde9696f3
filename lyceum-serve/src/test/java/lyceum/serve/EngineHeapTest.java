package lyceum.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.backend.Backend;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.StopCriteria;
import lyceum.random.Rng;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the engine's thread leaves to the collector: a count, not a time. */
class EngineHeapTest {
    private static final int STREAMS = 16, TOKENS = 300;

    /** Kilobytes of heap a token, when sixteen texts are written at once by a model of so many layers. */
    private static double kilobytes(int layers) {
        var tokenizer = BpeTrainer.byteLevel(300, PreTokenizer.GPT4).train(List.of("to be or not to be, that is the question"));
        var model = new DecoderLM(DecoderConfig.llama(tokenizer.vocabulary().size(), 512, layers, 32, 4, 2, 64), Rng.of(1));
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (var engine = new Engine(model, tokenizer, new EngineOptions().withBlocks(1024))) {
            long id = Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().equals("lyceum-engine") && t.isAlive())
                    .mapToLong(Thread::threadId).max().orElseThrow();
            long before = 0, first = 0;
            for (int call = 0; call < 3; call++) { // what is made once is made, and code that is run often compiled
                before = threads.getThreadAllocatedBytes(id);
                first = engine.metrics().generatedTokens();
                var stop = new StopCriteria(TOKENS).withLeast(TOKENS);
                engine.submit(IntStream.range(0, STREAMS).mapToObj(i -> Request.greedy(new int[] {i}, TOKENS).withStop(stop)).toList())
                        .forEach(Reply::get);
            }
            return (threads.getThreadAllocatedBytes(id) - before) / 1e3 / (engine.metrics().generatedTokens() - first);
        }
    }

    /** Where code is compiled without knowing what leaves a method, and where operations are loops of Java, more is allocated on the way. */
    @BeforeEach void where() {
        assumeThat(ManagementFactory.getRuntimeMXBean().getInputArguments()).doesNotContain("-XX:TieredStopAtLevel=1");
        assumeThat(Backend.current().description()).contains("machine code");
    }

    @Test void aTokenTakesLessThanTwoKilobytes() { assertThat(kilobytes(1)).isLessThan(2); }

    @Test void aLayerMoreTakesLittle() { assertThat(kilobytes(3) - kilobytes(1)).isLessThan(2 * 1.0); }
}

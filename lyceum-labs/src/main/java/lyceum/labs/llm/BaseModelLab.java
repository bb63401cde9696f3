package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderLM;
import lyceum.llm.weights.Ancestry;
import lyceum.llm.weights.StageComparison;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The same prompts through a base model and its tuned child, what each has gained and lost, and whether the child's parent is what it says. */
@Lab(topics = "base-model", title = "Documents or requests")
final class BaseModelLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("steps on raw text", 80, 20, 1000), tuning = lab.param("steps on instructions", 180, 20, 1000);
        var decoder = LetterDecoder.trained(lab, 32, steps);
        var base = decoder.model();
        var child = Module.copy(base);
        var optimizer = new Adam(4e-3).over(List.copyOf(child.parameters().values()));
        var rng = lab.rng(7);
        for (int step : lab.progress("instructions", tuning)) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                var ids = new int[16 * 12];
                for (int r = 0; r < 16; r++) {
                    var one = instruction(rng);
                    System.arraycopy(one.prompt(), 0, ids, r * 12, 8);
                    for (int i = 0; i < 4; i++) ids[r * 12 + 8 + i] = i < 3 ? one.answer()[i] : '\n';
                }
                var x = Tensor.of(ids, 16, 12);
                var z = child.forward(x, Pass.training(rng)).narrow(1, 7, 4); // the answer and its end
                new CrossEntropy().of(z.reshape(-1, 128), x.narrow(1, 8, 4).reshape(-1)).backward();
                optimizer.step();
            }
        }
        var raw = IntStream.range(0, 20).mapToObj(i -> Arrays.copyOfRange(decoder.held(), 48 * i, 48 * i + 48)).toList();
        var asked = IntStream.range(0, 20).mapToObj(i -> instruction(lab.rng(100 + i))).toList();
        var comparison = new StageComparison(raw, asked, answer -> answer.length == 3, 6, '\n');
        StageComparison.Marks first = comparison.of("base", base), second = comparison.of("child", child);
        lab.table("The same prompts", List.of("prompt", "base goes on", "child answers"),
                asked.subList(0, 2).stream().map(one -> row(comparison, one, base, child)).toList());
        lab.figure(Figure
                .row("A base model and its child",
                        Figure.bar("Perplexity on raw text", new String[] {"base", "child"},
                                new double[] {first.perplexity(), second.perplexity()}).axes("stage", "perplexity"),
                        Figure.bars("Instructions", new String[] {"base", "child"},
                                Series.of("exact", new double[] {first.exact(), second.exact()}),
                                Series.of("in format", new double[] {first.compliance(), second.compliance()}))
                                .axes("stage", "share of prompts"))
                .describedAs("The child obeys and keeps to the format; it has become worse at going on with raw text."));
        lineage(lab, base, child);
        lab.shows("child's perplexity over the base's", second.perplexity() / first.perplexity(), above(1));
        lab.shows("instructions that the child follows, more than the base", second.exact() - first.exact(), atLeast(0.2));
    }

    /** {@code shout x:} is answered by three capitals. */
    private static StageComparison.Instruction instruction(Rng rng) {
        int letter = 'a' + rng.nextInt(8);
        return new StageComparison.Instruction(("shout " + (char) letter + ":").chars().toArray(),
                new int[] {letter - 32, letter - 32, letter - 32});
    }

    private static List<String> row(StageComparison c, StageComparison.Instruction one, DecoderLM base, DecoderLM child) {
        return List.of(text(one.prompt()), text(c.answer(base, one.prompt())), text(c.answer(child, one.prompt())));
    }

    private static String text(int[] ids) { return new String(ids, 0, ids.length).replace('\n', ' '); }

    private static void lineage(LabContext lab, DecoderLM base, DecoderLM child) {
        try {
            var folder = Files.createTempDirectory("stages");
            var parent = folder.resolve("base.safetensors");
            Ancestry.write(parent, base.state(), Ancestry.Stage.BASE, List.of());
            var leaf = Ancestry.write(folder.resolve("sft.safetensors"), child.state(), Ancestry.Stage.SFT, List.of(parent));
            boolean whole = leaf.verify(folder).isWhole();
            var bytes = Files.readAllBytes(parent);
            bytes[bytes.length - 1] ^= 1;
            Files.write(parent, bytes);
            lab.shows("a changed bit in the parent is seen", whole && !leaf.verify(folder).isWhole());
            for (var file : List.of(parent, leaf.file(), folder)) Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package lyceum.llm.weights;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.tensor.Tensor;

/**
 * What a base model and its children can do: go on with raw text, do what a bare instruction says, keep to a format.
 *
 * {@snippet :
 * var comparison = new StageComparison(raw, instructions, answer -> answer.length < 20, 20, end);
 * var base = comparison.of("base", model);
 * var chat = comparison.of("chat", tuned);           // raw text goes worse, instructions better
 * }
 *
 * @param raw texts of any lengths, two ids at least
 * @param instructions with the answers that count as exact
 * @param format what an answer must keep to
 * @param most ids of an answer
 * @param end the id that ends an answer, and is no part of it
 */
public record StageComparison(List<int[]> raw, List<Instruction> instructions, Predicate<int[]> format, int most, int end) {
    /** @param answer without the end mark */
    public record Instruction(int[] prompt, int[] answer) {}

    /**
     * A model's marks.
     *
     * @param perplexity on raw text, by token
     * @param exact share of instructions answered exactly
     * @param compliance share of answers that keep to the format
     */
    public record Marks(String name, double perplexity, double exact, double compliance) {}

    public StageComparison {
        raw = List.copyOf(raw);
        instructions = List.copyOf(instructions);
        Objects.requireNonNull(format, "format");
        if (raw.stream().anyMatch(text -> text.length < 2))
            throw new IllegalArgumentException("StageComparison: a raw text of one id; two at least, as the second is predicted");
        if (raw.isEmpty() || instructions.isEmpty() || most < 1) throw new IllegalArgumentException("StageComparison: " + raw.size()
                + " raw texts, " + instructions.size() + " instructions, answers of " + most + "; all are at least 1");
    }

    /** A model's marks; answers are greedy. */
    public Marks of(String name, CausalLM model) {
        int exact = 0, complies = 0;
        for (var instruction : instructions) {
            var answer = answer(model, instruction.prompt);
            if (Arrays.equals(answer, instruction.answer)) exact++;
            if (format.test(answer)) complies++;
        }
        return new Marks(name, perplexity(model), (double) exact / instructions.size(), (double) complies / instructions.size());
    }

    private double perplexity(CausalLM model) {
        double sum = 0;
        long count = 0;
        for (var text : raw) {
            try (var scope = Scope.open("raw text")) {
                var ids = Tensor.of(text, 1, text.length);
                sum += (text.length - 1) * Autograd.noGrad(() -> new CausalLmLoss().of(model.logits(ids, Pass.inference()), ids).item());
                count += text.length - 1;
            }
        }
        return Math.exp(sum / count);
    }

    /** What the model finds most likely, up to the end mark. */
    public int[] answer(CausalLM model, int[] prompt) {
        var answer = new int[most];
        var decoding = model.begin();
        var logits = decoding.next(prompt);
        for (int i = 0; i < most; i++) {
            int id = (int) logits.argmax(1).itemLong(0);
            if (id == end) return Arrays.copyOf(answer, i);
            answer[i] = id;
            if (i + 1 < most) logits = decoding.next(new int[] {id});
        }
        return answer;
    }
}

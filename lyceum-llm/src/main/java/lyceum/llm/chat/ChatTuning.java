package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;
import lyceum.withers.Withers;

/**
 * Makes a chat model of a base model: first by dialogues, of which only what the assistant says is learned (supervised fine-tuning), then by pairs of answers of which
 * one is preferred (direct preference optimisation).
 *
 * {@snippet :
 * var tuning = new ChatTuning(tokenizer, ChatFormat.CHATML).withSteps(300);
 * tuning.fit(model, dialogues, Rng.of(1), Progress.SILENT);
 * tuning.prefer(model, pairs, 0.1, Rng.of(2), Progress.SILENT);
 * }
 *
 * <p>Dialogues longer than the model's context are refused, so that nothing is cut in silence.
 *
 * @param steps of the optimiser
 * @param batch dialogues, or pairs, in a step
 * @param learningRate of AdamW, falling linearly to a tenth
 * @param weightDecay of AdamW
 * @param clip largest norm of a step's gradient
 * @see <a href="https://arxiv.org/abs/2203.02155">Ouyang et al. (2022)</a>
 * @see <a href="https://arxiv.org/abs/2305.18290">Rafailov et al. (2023)</a>
 */
@Withers
public record ChatTuning(Tokenizer tokenizer, ChatTemplate template, int steps, int batch, double learningRate, double weightDecay,
        double clip) implements ChatTuningWithers {

    /** Two answers to one conversation. */
    public record Preference(List<ChatMessage> messages, String chosen, String rejected) {}

    public ChatTuning {
        if (steps < 1 || batch < 1 || !(learningRate > 0) || !(weightDecay >= 0) || !(clip > 0))
            throw new IllegalArgumentException("ChatTuning: " + steps + " steps of " + batch + ", learningRate " + learningRate
                    + ", weightDecay " + weightDecay + ", clip " + clip);
    }

    /** 300 steps of 16 at 1e-3. */
    public ChatTuning(Tokenizer tokenizer, ChatTemplate template) { this(tokenizer, template, 300, 16, 1e-3, 0.01, 1); }

    /** Loss before each step. */
    public <M extends Module & CausalLM> double[] fit(M model, List<List<ChatMessage>> dialogues, Rng rng, Progress progress) {
        var encoded = dialogues.stream().map(d -> whole(model, d)).toList();
        if (encoded.isEmpty()) throw new IllegalArgumentException("ChatTuning.fit: no dialogue");
        return run("tuning", model, rng, progress, () -> {
            var rows = draw(encoded, rng);
            return loss(model, rows, Pass.training(rng));
        });
    }

    /** Mean loss of what the assistant says over these dialogues. */
    public double loss(CausalLM model, List<List<ChatMessage>> dialogues) {
        var encoded = dialogues.stream().map(d -> whole(model, d)).toList();
        return Autograd.noGrad(() -> loss(model, encoded, Pass.inference()).item());
    }

    private ChatTemplate.Encoded whole(CausalLM model, List<ChatMessage> dialogue) {
        var encoded = template.encode(tokenizer, dialogue, false);
        if (encoded.ids().length > model.contextLength()) throw new IllegalArgumentException("ChatTuning: a dialogue has "
                + encoded.ids().length + " tokens, the context " + model.contextLength() + "; shorten or leave it out");
        return encoded;
    }

    private <T> List<T> draw(List<T> all, Rng rng) {
        var rows = new ArrayList<T>();
        for (int i = 0; i < batch; i++) rows.add(all.get(rng.nextInt(all.size())));
        return rows;
    }

    private static Tensor loss(CausalLM model, List<ChatTemplate.Encoded> rows, Pass pass) {
        int longest = rows.stream().mapToInt(r -> r.ids().length).max().orElseThrow();
        int[] ids = new int[rows.size() * longest], labels = new int[ids.length];
        Arrays.fill(labels, -100);
        for (int r = 0; r < rows.size(); r++) {
            System.arraycopy(rows.get(r).ids(), 0, ids, r * longest, rows.get(r).ids().length);
            System.arraycopy(rows.get(r).labels(), 0, labels, r * longest, rows.get(r).ids().length);
        }
        var logits = model.logits(Tensor.of(ids, rows.size(), longest), pass);
        return new CausalLmLoss().tokens(logits, CausalLabels.of(Tensor.of(labels, rows.size(), longest))).mean();
    }

    private interface Step {
        Tensor loss();
    }

    private double[] run(String what, Module model, Rng rng, Progress progress, Step step) {
        var optimizer = new AdamW(learningRate).withWeightDecay(weightDecay).over(new ArrayList<>(model.parameters().values()))
                .scheduledBy(new Schedule.Linear(steps, 1, 0.1)).clippedBy(Clip.norm(clip));
        var losses = new double[steps];
        for (int i = 0; i < steps; i++) {
            progress.step(what, i, steps);
            try (var scope = Scope.open(what)) {
                optimizer.zeroGrad();
                var loss = step.loss();
                losses[i] = loss.item();
                loss.backward();
                optimizer.step();
            }
        }
        progress.step(what, steps, steps);
        return losses;
    }

    /**
     * Learns from preferences: {@code -log sigmoid(beta (log p(chosen) / p0(chosen) - log p(rejected) / p0(rejected)))}, p0 being the model as it comes.
     *
     * @param beta how far the model may go from where it was: small is far
     * @return loss before each step
     */
    public <M extends Module & CausalLM> double[] prefer(M model, List<Preference> pairs, double beta, Rng rng, Progress progress) {
        if (pairs.isEmpty() || !(beta > 0))
            throw new IllegalArgumentException("ChatTuning.prefer: " + pairs.size() + " pairs and beta " + beta);
        record Pair(ChatTemplate.Encoded chosen, ChatTemplate.Encoded rejected, double before) {}
        var encoded = pairs.stream().map(p -> {
            ChatTemplate.Encoded chosen = whole(model, answered(p, p.chosen)), rejected = whole(model, answered(p, p.rejected));
            double before = Autograd.noGrad(
                    () -> said(model, List.of(chosen), Pass.inference()).sub(said(model, List.of(rejected), Pass.inference())).item());
            return new Pair(chosen, rejected, before);
        }).toList();
        return run("preferences", model, rng, progress, () -> {
            var rows = draw(encoded, rng);
            var both = new ArrayList<ChatTemplate.Encoded>();
            rows.forEach(p -> both.add(p.chosen));
            rows.forEach(p -> both.add(p.rejected));
            var logs = said(model, both, Pass.training(rng));
            var before = Tensor.of(rows.stream().mapToDouble(Pair::before).toArray()).to(logs.dtype());
            return logs.narrow(0, 0, rows.size()).sub(logs.narrow(0, rows.size(), rows.size())).sub(before).mul(-beta).softplus().mean();
        });
    }

    private static List<ChatMessage> answered(Preference pair, String answer) {
        var messages = new ArrayList<>(pair.messages);
        messages.add(ChatMessage.assistant(answer));
        return messages;
    }

    /** Log-probability of the last answer of each row, (rows). */
    private static Tensor said(CausalLM model, List<ChatTemplate.Encoded> rows, Pass pass) {
        int longest = rows.stream().mapToInt(r -> r.ids().length).max().orElseThrow();
        var ids = new int[rows.size() * longest];
        var counts = new double[ids.length];
        for (int r = 0; r < rows.size(); r++) {
            var row = rows.get(r);
            System.arraycopy(row.ids(), 0, ids, r * longest, row.ids().length);
            int from = row.ids().length;
            while (from > 0 && !row.said()[from - 1]) from--; // what follows the end mark
            for (int t = from - 1; t >= 0 && row.said()[t]; t--) counts[r * longest + t] = 1;
        }
        var x = Tensor.of(ids, rows.size(), longest);
        var logs = model.logits(x, pass).narrow(1, 0, longest - 1).logSoftmax(-1).gather(-1, x.narrow(1, 1, longest - 1).unsqueeze(-1))
                .squeeze(-1);
        return logs.mul(Tensor.of(counts, rows.size(), longest).narrow(1, 1, longest - 1).to(logs.dtype())).sum(1, false);
    }
}

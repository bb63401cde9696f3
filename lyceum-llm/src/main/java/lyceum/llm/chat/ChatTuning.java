package lyceum.llm.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.autograd.Autograd;
import lyceum.llm.CausalLM;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.Tokenizer;
import lyceum.train.BatchLoss;
import lyceum.train.History;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Makes a chat model of a base model: first by dialogues, of which only what the assistant says is learned (supervised fine-tuning), then by pairs of answers of which
 * one is preferred (direct preference optimisation).
 *
 * {@snippet :
 * var tuning = new ChatTuning(tokenizer, ChatFormat.CHATML);
 * tuning.fit(model, dialogues, Rng.of(1), Progress.SILENT);
 * tuning.prefer(model, pairs, 0.1, Rng.of(2), Progress.SILENT);
 * }
 *
 * <p>Dialogues longer than the model's context are refused, so that nothing is cut in silence.
 *
 * @param trainer how it learns; its rows are dialogues, or pairs
 * @see <a href="https://arxiv.org/abs/2203.02155">Ouyang et al. (2022)</a>
 * @see <a href="https://arxiv.org/abs/2305.18290">Rafailov et al. (2023)</a>
 */
@Withers
public record ChatTuning(Tokenizer tokenizer, ChatTemplate template, Trainer trainer) implements ChatTuningWithers {

    /** Two answers to one conversation. */
    public record Preference(List<ChatMessage> messages, String chosen, String rejected) {}

    public ChatTuning {
        Objects.requireNonNull(tokenizer, "tokenizer");
        Objects.requireNonNull(template, "template");
        Objects.requireNonNull(trainer, "trainer");
    }

    /** Three passes of AdamW at 1e-3, 16 at a time, gradients of norm 1 at most. */
    public ChatTuning(Tokenizer tokenizer, ChatTemplate template) {
        this(tokenizer, template, new Trainer(new AdamW(1e-3), 3).withBatchSize(16).withClip(Clip.norm(1)));
    }

    /** Learns from dialogues: the mean cross-entropy of what the assistant says. */
    public <M extends Module & CausalLM> History fit(M model, List<List<ChatMessage>> dialogues, Rng rng, Progress progress) {
        var encoded = dialogues.stream().map(d -> whole(model, d)).toList();
        BatchLoss loss = (rows, pass) -> loss(model, chosen(encoded, rows), pass);
        var byToken = loss.weighing(rows -> chosen(encoded, rows).stream().mapToInt(ChatTuning::learned).sum());
        return trainer.start(model, encoded.size(), byToken, null, rng).finish(progress);
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

    private static <T> List<T> chosen(List<T> all, int[] rows) { return Arrays.stream(rows).mapToObj(all::get).toList(); }

    private static int learned(ChatTemplate.Encoded row) {
        int n = 0;
        for (boolean said : row.said()) if (said) n++;
        return n;
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

    /**
     * Learns from preferences: {@code -log sigmoid(beta (log p(chosen) / p0(chosen) - log p(rejected) / p0(rejected)))}, p0 being the model as it comes.
     *
     * @param beta how far the model may go from where it was: small is far
     */
    public <M extends Module & CausalLM> History prefer(M model, List<Preference> pairs, double beta, Rng rng, Progress progress) {
        if (!(beta > 0)) throw new IllegalArgumentException("ChatTuning.prefer: beta is " + beta + "; it is positive");
        record Pair(ChatTemplate.Encoded chosen, ChatTemplate.Encoded rejected, double before) {}
        var encoded = pairs.stream().map(p -> {
            ChatTemplate.Encoded chosen = whole(model, answered(p, p.chosen)), rejected = whole(model, answered(p, p.rejected));
            var logs = Autograd.noGrad(() -> said(model, List.of(chosen, rejected), Pass.inference())).toDoubleArray();
            return new Pair(chosen, rejected, logs[0] - logs[1]);
        }).toList();
        BatchLoss loss = (numbers, pass) -> {
            var rows = chosen(encoded, numbers);
            var both = new ArrayList<ChatTemplate.Encoded>();
            rows.forEach(p -> both.add(p.chosen));
            rows.forEach(p -> both.add(p.rejected));
            var logs = said(model, both, pass);
            var before = Tensor.of(rows.stream().mapToDouble(Pair::before).toArray()).to(logs.dtype());
            return logs.narrow(0, 0, rows.size()).sub(logs.narrow(0, rows.size(), rows.size())).sub(before).mul(-beta).softplus().mean();
        };
        return trainer.start(model, encoded.size(), loss, null, rng).finish(progress);
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

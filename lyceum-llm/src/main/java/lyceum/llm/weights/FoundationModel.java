package lyceum.llm.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.optim.Lbfgs;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.encoder.SentenceEncoder;
import lyceum.text.encoder.TextEncoder;
import lyceum.train.MlpFit;
import lyceum.train.peft.AdapterRegistry;

/**
 * One frozen backbone for many tasks: each a small head, perhaps with a prompt before the text and an adapter in the backbone, over features that are computed once
 * for all tasks that read the same.
 *
 * {@snippet :
 * var model = FoundationModel.of(SentenceEncoder.miniLm());
 * var spam = model.classifier("spam", mails, labels, 2);                       // trains a linear head on frozen features
 * var topic = model.classifier("topic", articles, topics, 4);
 * var answers = model.run(texts, spam, topic);                                 // one pass of the backbone
 * Tensor spamScores = answers.get(spam);
 * }
 *
 * <p>Tasks carry the backbone's hash: a task of another backbone is refused, by the hash of when this was made. For one thread at a time where adapters are used, else safe
 * for threads once tasks are registered.
 *
 * @see <a href="https://arxiv.org/abs/2108.07258">Bommasani et al. (2021)</a>
 */
public final class FoundationModel {
    private final TextEncoder encoder;
    private final Module backbone;
    private final AdapterRegistry adapters;
    private final String hash;
    private final SequencedMap<String, Task<?>> tasks = new LinkedHashMap<>();
    private final AtomicLong passes = new AtomicLong();

    /** From features (n, d) to answers. */
    @FunctionalInterface
    public interface Head<R> {
        R of(Tensor features);

        /** What it holds in memory. */
        default Collection<Tensor> tensors() { return List.of(); }
    }

    /**
     * What the backbone is used for.
     *
     * @param prompt put before each text; empty for none
     * @param adapter a tuning of the backbone; empty for none
     * @param backbone hash of the one that the head was made for
     */
    public record Task<R>(String name, String prompt, String adapter, String backbone, Head<R> head) {}

    /** Answers of several tasks about the same texts. */
    public static final class Answers {
        private final Map<Task<?>, Object> answers = new IdentityHashMap<>();

        private Answers() {}

        @SuppressWarnings("unchecked") public <R> R get(Task<R> task) {
            if (!answers.containsKey(task)) throw new IllegalArgumentException("FoundationModel: " + task.name + " was not asked");
            return (R) answers.get(task);
        }
    }

    /**
     * What the backbone's features are worth for a task beside others.
     *
     * @param foundation score on its features
     * @param baseline score on the others
     */
    public record Transfer(String task, double foundation, double baseline) {
        public double gain() { return foundation - baseline; }

        @Override public String toString() { return String.format(Locale.ROOT, "%s: %.3f against %.3f", task, foundation, baseline); }
    }

    /** @param adapters of the backbone, or null for none */
    public FoundationModel(TextEncoder encoder, Module backbone, AdapterRegistry adapters) {
        this.encoder = Objects.requireNonNull(encoder, "encoder");
        this.backbone = backbone;
        this.adapters = adapters;
        hash = hash();
    }

    /** On a sentence encoder, without adapters. */
    public static FoundationModel of(SentenceEncoder encoder) { return new FoundationModel(encoder, encoder.model(), null); }

    /** SHA-256 of names, types, shapes and numbers of the backbone as they are now. */
    public String hash() {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            backbone.state().forEach((name, tensor) -> {
                digest.update((name + tensor.dtype() + tensor.shape()).getBytes(StandardCharsets.UTF_8));
                var flat = tensor.detach().contiguous();
                var view = flat.view();
                var chunk = new byte[1 << 16];
                long bytes = flat.count() * flat.dtype().bytes();
                for (long at = 0; at < bytes; at += chunk.length) {
                    int n = (int) Math.min(chunk.length, bytes - at);
                    MemorySegment.copy(view.storage().segment(), ValueLayout.JAVA_BYTE, view.byteOffset() + at, chunk, 0, n);
                    digest.update(chunk, 0, n);
                }
                Reference.reachabilityFence(flat);
            });
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    public TextEncoder encoder() { return encoder; }

    /** What is registered, by name. */
    public SequencedMap<String, Task<?>> tasks() { return Collections.unmodifiableSequencedMap(tasks); }

    /** How often the backbone has computed features of a batch. */
    public long passes() { return passes.get(); }

    /** Bytes of backbone and heads, each tensor once. */
    public long bytes() {
        var seen = Collections.newSetFromMap(new IdentityHashMap<Tensor, Boolean>());
        seen.addAll(backbone.state().values());
        tasks.values().forEach(task -> seen.addAll(task.head.tensors()));
        return seen.stream().mapToLong(t -> t.count() * t.dtype().bytes()).sum();
    }

    /** Registers a task without prompt and adapter. */
    public <R> Task<R> register(String name, Head<R> head) { return register(new Task<>(name, "", "", hash, head)); }

    /** Registers a task. @throws LyceumException if it is of another backbone, its adapter is unknown, or its name is taken */
    public <R> Task<R> register(Task<R> task) {
        if (!task.backbone.equals(hash)) throw new LyceumException("FoundationModel: the head of " + task.name + " was made for backbone "
                + task.backbone + "; this is " + hash + ": fit it anew on this one's features");
        if (!task.adapter.isEmpty() && (adapters == null || !adapters.names().contains(task.adapter)))
            throw new LyceumException("FoundationModel: " + task.name + " wants the adapter " + task.adapter + "; there are "
                    + (adapters == null ? List.of() : adapters.names()));
        if (tasks.putIfAbsent(task.name, task) != null)
            throw new LyceumException("FoundationModel: there is a task " + task.name + " already");
        return task;
    }

    /** Features of texts as a task without prompt and adapter reads them, (n, d). */
    public Tensor features(List<String> texts) { return features(texts, "", ""); }

    private Tensor features(List<String> texts, String prompt, String adapter) {
        passes.incrementAndGet();
        var read = prompt.isEmpty() ? texts : texts.stream().map(prompt::concat).toList();
        if (adapters == null) return encoder.encode(read);
        return adapters.mixing(Collections.nCopies(read.size(), adapter), () -> encoder.encode(read));
    }

    /** Several tasks about the same texts: the backbone runs once for all that have the same prompt and adapter. */
    public Answers run(List<String> texts, Task<?>... asked) {
        record Reading(String prompt, String adapter) {}
        var features = new HashMap<Reading, Tensor>();
        var answers = new Answers();
        for (var task : asked) {
            if (tasks.get(task.name) != task)
                throw new LyceumException("FoundationModel: " + task.name + " is not registered here; there are " + tasks.keySet());
            var x = features.computeIfAbsent(new Reading(task.prompt, task.adapter), r -> features(texts, r.prompt, r.adapter));
            answers.answers.put(task, task.head.of(x));
        }
        return answers;
    }

    /** One task. */
    public <R> R run(List<String> texts, Task<R> task) { return run(texts, new Task<?>[] {task}).get(task); }

    /** Trains a linear head on frozen features of labelled texts and registers it; answers are scores (n, classes). */
    public Task<Tensor> classifier(String name, List<String> texts, int[] labels, int classes) {
        return register(name, linear(features(texts), labels, classes));
    }

    /** A linear classifier of features: logistic regression with squared weights penalised by 1/n, by L-BFGS. */
    public static Head<Tensor> linear(Tensor features, int[] labels, int classes) {
        if (features.size(0) != labels.length)
            throw new IllegalArgumentException("FoundationModel: " + features.size(0) + " features and " + labels.length + " labels");
        var model = new Mlp(MlpConfig.classifier((int) features.size(1), classes), Rng.of(0));
        new MlpFit().withPenalty(1.0 / labels.length).minimize(model, features.to(DType.F32), Tensor.of(labels).to(DType.I64), null,
                new Lbfgs(), Progress.SILENT);
        return new Head<>() {
            @Override public Tensor of(Tensor x) { return Autograd.noGrad(() -> model.forward(x).compute()); }

            @Override public Collection<Tensor> tensors() { return model.state().values(); }
        };
    }

    /** Of each row the others, nearest by cosine first, (n, n - 1): a head for search and duplicates. */
    public static Head<int[][]> neighbours() {
        return features -> {
            var unit = Autograd.noGrad(() -> features.div(features.square().sum(1, true).sqrt().maximum(1e-12)).compute());
            var cosine = Autograd.noGrad(() -> unit.matmul(unit.transpose()).compute());
            int n = (int) features.size(0);
            var order = cosine.argsort(1, true).toLongArray();
            var near = new int[n][Math.max(0, n - 1)];
            for (int i = 0; i < n; i++) for (int j = 0, k = 0; j < n; j++) if (order[i * n + j] != i) near[i][k++] = (int) order[i * n + j];
            return near;
        };
    }

    /** Scores a task on this backbone's features of texts and on those of another way. @param score of features, larger is better */
    public Transfer transfer(String task, List<String> texts, Function<List<String>, Tensor> other, ToDoubleFunction<Tensor> score) {
        return new Transfer(task, score.applyAsDouble(features(texts)), score.applyAsDouble(other.apply(texts)));
    }
}

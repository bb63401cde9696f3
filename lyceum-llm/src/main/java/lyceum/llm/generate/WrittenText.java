package lyceum.llm.generate;

import java.util.Arrays;
import java.util.List;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.llm.Continuation.Ending;
import lyceum.llm.TokenConstraint;
import lyceum.llm.generate.GenerationRequest.Likely;
import lyceum.random.Rng;
import lyceum.text.Tokenizer;

/**
 * One text while it is written: what was drawn, what it says, whether it has ended. For those who write a loop of their own (speculative decoding, an engine):
 * {@link #prepare} a row of logits, choose an id from what is left of it, {@link #take} it. For one thread.
 */
public final class WrittenText {
    /** Ids for which there is room from the beginning; most texts are shorter. */
    private static final int ROOM = 512;

    final int index;
    final int[] prompt;
    private final GenerationRequest request;
    private final StopCriteria stop;
    private final TokenSampler sampler;
    private final StreamedText stream;
    private final StringBuilder text = new StringBuilder();
    private final TokenConstraint.State constraint;
    private final long[] allowed;
    private final int[] ends;
    private final int startMark;
    private final int spelled, padded; // ids from the first to the second fill up the embedding and mean nothing
    private final long context;
    private double[] logs, drawn;
    private int size;
    private double sum; // log-sum of the row as the model gave it
    private Ending ending;
    private int told; // how many of the likeliest ids a piece tells
    private List<Likely> likeliest = List.of();

    /** @param index a number that the caller knows it by */
    public WrittenText(int index, CausalLM model, Tokenizer tokenizer, GenerationRequest request) {
        this.index = index;
        this.request = request;
        stop = request.stop();
        if (tokenizer == null && !stop.strings().isEmpty())
            throw new IllegalArgumentException("GenerationBatch: stop strings " + stop.strings() + " need a tokenizer");
        prompt = CausalGenerator.read(model, request.prompt());
        sampler = new TokenSampler(request.sampling(), request.stream(), prompt);
        stream = tokenizer == null ? null : new StreamedText(tokenizer, stop.strings());
        constraint = request.constraint() == null ? null : request.constraint().start();
        allowed = constraint == null ? null : new long[(model.vocabulary() + 63) / 64];
        ends = stop.ends(model.endMark());
        startMark = model.startMark() == model.endMark() ? -1 : model.startMark();
        context = model.contextLength();
        padded = model.vocabulary();
        spelled = tokenizer == null ? padded : tokenizer.vocabulary().size();
        int room = Math.min(stop.most(), ROOM);
        logs = new double[room];
        drawn = new double[room];
    }

    /** Of one request to a model. @throws IllegalArgumentException if there are stop strings and no tokenizer, or an empty prompt and no start mark */
    public WrittenText(CausalLM model, Tokenizer tokenizer, GenerationRequest request) { this(0, model, tokenizer, request); }

    /** What the model reads first: the request's prompt, or the start mark in place of an empty one. */
    public int[] prompt() { return prompt.clone(); }

    /** From now on a piece also tells so many of the ids that were likeliest in its place, whatever may or may not come. Returns this. */
    public WrittenText tell(int count) {
        told = count;
        return this;
    }

    /** Ids that were drawn. */
    public int size() { return size; }

    /** Prompt and what was drawn. */
    public TokenHistory history() { return sampler.history(); }

    public boolean isFinished() { return ending != null; }

    /** The id that was drawn last. */
    public int last() { return sampler.history().id(sampler.history().size() - 1); }

    /**
     * Draws the next id.
     *
     * @param row to work in, of the model's vocabulary
     * @param logits of which the row begins at {@code at}
     * @param nanos since the request came
     * @throws IllegalArgumentException for NaN or positive infinity
     */
    public int step(LogitRow row, float[] logits, int at, long nanos) {
        row.load(logits, at);
        return step(row, null, logits, at, nanos);
    }

    /** Ends the text where it stands, what is held back of it is certain now. */
    public void end(Ending why) {
        if (ending != null) return;
        ending = why;
        if (stream != null) text.append(stream.finish());
    }

    /** Draws the next id. @param logits from which the row was loaded, F64 or F32, as the row changes */
    int step(LogitRow row, double[] wide, float[] narrow, int at, long nanos) {
        prepare(row);
        int id = row.draw(sampler.stream());
        take(row, id, wide != null ? wide[at + id] : narrow[at + id], nanos);
        return id;
    }

    /** Bans what may not come and applies the sampling chain; what is left may be drawn from. */
    public void prepare(LogitRow row) {
        if (startMark >= 0) row.ban(startMark);
        sum = row.logSum();
        if (told > 0) likeliest = row.likeliest(told);
        for (int id = spelled; id < padded; id++) row.ban(id);
        if (size < stop.least()) for (int end : ends) row.ban(end);
        if (constraint != null) {
            Arrays.fill(allowed, 0);
            if (constraint.allowed(allowed)) row.banOthers(allowed);
        }
        sampler.process(row);
    }

    /**
     * Writes an id that was drawn from the row as it was prepared.
     *
     * @param logit of the model, before all steps
     * @param nanos since the beginning
     */
    public void take(LogitRow row, int id, double logit, long nanos) {
        sampler.take(row, id);
        if (constraint != null) constraint.accept(id);
        add(logit - sum, row.logProbability(id));
        var piece = "";
        if (Arrays.binarySearch(ends, id) >= 0) ending = Ending.END_MARK;
        else if (stream != null) piece = stream.push(id);
        if (ending == null) ending = reason(nanos);
        if (ending != null && stream != null) piece += stream.finish();
        if (stream != null && stream.matched() != null) ending = Ending.STOP_STRING;
        text.append(piece);
        request.listener().accept(new GenerationRequest.Piece(id, piece, logs[size - 1], ending != null, likeliest));
    }

    /** The random numbers of this text. */
    public Rng stream() { return sampler.stream(); }

    private void add(double log, double under) {
        if (size == logs.length) {
            logs = Arrays.copyOf(logs, 2 * size);
            drawn = Arrays.copyOf(drawn, 2 * size);
        }
        logs[size] = log;
        drawn[size++] = under;
    }

    private Ending reason(long nanos) {
        if (stream != null && stream.matched() != null) return Ending.STOP_STRING;
        if (stop.own().test(sampler.history())) return Ending.PREDICATE;
        if (size >= stop.most()) return Ending.LENGTH;
        if (sampler.history().size() > context) return Ending.CONTEXT;
        return nanos >= stop.time().toNanos() ? Ending.TIME : null;
    }

    /** All of it. @throws IllegalStateException if it is not finished */
    public Continuation continuation() {
        if (ending == null)
            throw new IllegalStateException("WrittenText: a text of " + size + " ids is not finished; step until there is nothing left");
        return new Continuation(sampler.history().generated(), Arrays.copyOf(logs, size), Arrays.copyOf(drawn, size), text.toString(),
                ending);
    }
}

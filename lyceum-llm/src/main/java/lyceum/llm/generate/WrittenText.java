package lyceum.llm.generate;

import java.util.Arrays;
import lyceum.llm.CausalLM;
import lyceum.llm.Continuation;
import lyceum.llm.Continuation.Ending;
import lyceum.llm.TokenConstraint;
import lyceum.text.Tokenizer;

/** One text of a batch: what was drawn, what it says, whether it has ended. */
final class WrittenText {
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
    private double[] logs = new double[32], drawn = new double[32];
    private int size;
    private Ending ending;

    WrittenText(int index, CausalLM model, Tokenizer tokenizer, GenerationRequest request) {
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
    }

    boolean isFinished() { return ending != null; }

    /** The id that was drawn last. */
    int last() { return sampler.history().id(sampler.history().size() - 1); }

    /** Draws the next id. @param logits from which the row was loaded, F64 or F32, as the row changes */
    int step(LogitRow row, double[] wide, float[] narrow, int at, long nanos) {
        if (startMark >= 0) row.ban(startMark);
        double sum = row.logSum();
        for (int id = spelled; id < padded; id++) row.ban(id);
        if (size < stop.least()) for (int end : ends) row.ban(end);
        if (constraint != null) {
            Arrays.fill(allowed, 0);
            if (constraint.allowed(allowed)) row.banOthers(allowed);
        }
        int id = sampler.next(row);
        if (constraint != null) constraint.accept(id);
        add((wide != null ? wide[at + id] : narrow[at + id]) - sum, row.logProbability(id));
        var piece = "";
        if (Arrays.binarySearch(ends, id) >= 0) ending = Ending.END_MARK;
        else if (stream != null) piece = stream.push(id);
        if (ending == null) ending = reason(nanos);
        if (ending != null && stream != null) piece += stream.finish();
        if (stream != null && stream.matched() != null) ending = Ending.STOP_STRING;
        text.append(piece);
        request.listener().accept(new GenerationRequest.Piece(id, piece, logs[size - 1], ending != null));
        return id;
    }

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

    Continuation continuation() {
        if (ending == null) throw new IllegalStateException(
                "GenerationBatch: a text of " + size + " ids is not finished; step until there is nothing left");
        return new Continuation(sampler.history().generated(), Arrays.copyOf(logs, size), Arrays.copyOf(drawn, size), text.toString(),
                ending);
    }
}

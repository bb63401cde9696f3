package lyceum.serve;

import lyceum.llm.generate.WrittenText;
import lyceum.serve.schedule.Job;

/** A request in an engine: its text, its job and who waits for it. */
final class LiveRequest {
    final Long number; // an object, since each step names it
    final Request request;
    final Reply reply;
    final long submitted;
    final WrittenText text;
    final Job job;
    final PromptScores scores; // null unless they are asked for
    RuntimeException broken; // what went wrong in a step that goes on

    LiveRequest(long number, Request request, Reply reply, WrittenText text, Job job, long submitted) {
        this.number = number;
        this.request = request;
        this.reply = reply;
        this.text = text;
        this.job = job;
        this.submitted = submitted;
        scores = request.scored() ? PromptScorer.empty(job.promptLength()) : null;
        reply.scores = scores;
    }

    /** Whether its time is over though no token came. */
    boolean isLate(long now) { return now - submitted >= request.stop().time().toNanos(); }
}

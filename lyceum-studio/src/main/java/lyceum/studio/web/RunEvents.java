package lyceum.studio.web;

import io.javalin.http.sse.SseClient;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import lyceum.labs.run.LabEvent;
import lyceum.labs.run.LabJson;
import lyceum.plot.Figure;
import lyceum.studio.web.view.RunView;

/** Events of runs, as they come, to so many readers. Whoever does not read what was sent is dropped, and asks again for what was missed. */
final class RunEvents {

    private static final int READERS = 48;
    /** What may be on its way to all of them together. */
    private static final int KILOBYTES = 8 * 1024;
    private static final long PATIENCE_MILLIS = 10_000;
    private static final long PING_MILLIS = 15_000;
    private static final long REDRAW_NANOS = 250_000_000;

    private final Runs runs;
    private final RunViews views;
    private final Pages pages;
    private final Semaphore readers = new Semaphore(READERS);
    private final Semaphore onTheirWay = new Semaphore(KILOBYTES, true);

    RunEvents(Runs runs, RunViews views, Pages pages) {
        this.runs = runs;
        this.views = views;
        this.pages = pages;
    }

    /** Events of a run as they come, from the one after {@code Last-Event-ID} or {@code after}; as JSON, or as pieces of a page with {@code as=html}. */
    void follow(SseClient client) {
        var context = client.ctx();
        var run = runs.live(context.pathParam("id"));
        if (run.isEmpty()) {
            client.sendEvent("gone", "{}");
            client.close();
            return;
        }
        if (!readers.tryAcquire()) {
            client.sendEvent("busy", "{}");
            client.close();
            return;
        }
        var before = context.header("Last-Event-ID");
        long after = number(before != null ? before : context.queryParam("after"));
        boolean html = "html".equals(context.queryParam("as"));
        client.keepAlive();
        Thread.ofVirtual().name("events-" + run.get().id()).start(() -> {
            try {
                send(client, run.get(), after, html);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                readers.release();
                client.close();
            }
        });
    }

    private void send(SseClient client, LiveRun run, long after, boolean html) throws InterruptedException {
        long last = after, drawn = System.nanoTime() - REDRAW_NANOS;
        while (!client.terminated()) {
            var fresh = run.after(last, PING_MILLIS);
            if (fresh.isEmpty()) {
                if (run.ended()) return;
                client.sendComment("still here");
            }
            if (html && isTrainingDue(fresh, drawn)) {
                drawn = System.nanoTime();
                var training = run.training();
                if (training.isPresent() && !sendTraining(client, training.get())) return;
            }
            for (var numbered : fresh) {
                last = numbered.id();
                if (!sendInTurn(client, run, numbered, html) || numbered.event().last()) return;
            }
        }
    }

    /** Curves grow four times a second at most, and are whole at the end. */
    private static boolean isTrainingDue(List<LiveRun.Numbered> fresh, long drawn) {
        if (fresh.stream().anyMatch(numbered -> numbered.event().last())) return true;
        return System.nanoTime() - drawn >= REDRAW_NANOS && fresh.stream().anyMatch(n -> n.event() instanceof LabEvent.Progress);
    }

    /** Has no number of its own: who comes back gets the curves as they are then. */
    private boolean sendTraining(SseClient client, Figure training) throws InterruptedException {
        var html = pages.fragment("parts/training", Map.of("training", RunViews.training(training)));
        return inTurn(client, html.length(), () -> client.sendEvent("piece", LabJson.write(Map.of("slot", "training", "html", html))));
    }

    private boolean sendInTurn(SseClient client, LiveRun run, LiveRun.Numbered numbered, boolean html) throws InterruptedException {
        long bytes = !html && numbered.event().last() ? run.bytes() : LiveRun.bytes(numbered.event());
        return inTurn(client, bytes, () -> send(client, run, numbered, html));
    }

    /** Sends when there is room for so much among what is on its way; false if others let none become free, or nobody listens any more. */
    private boolean inTurn(SseClient client, long bytes, Runnable sending) throws InterruptedException {
        int room = (int) Math.min(KILOBYTES, 1 + bytes / 1024);
        if (!onTheirWay.tryAcquire(room, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) return false;
        try {
            sending.run();
            return !client.terminated();
        } finally {
            onTheirWay.release(room);
        }
    }

    private void send(SseClient client, LiveRun run, LiveRun.Numbered numbered, boolean html) {
        var id = String.valueOf(numbered.id());
        var event = numbered.event();
        if (!html) {
            client.sendEvent(name(event), LabJson.write(event), id);
            return;
        }
        switch (event) {
            case LabEvent.Started _ -> client.sendEvent("started", "{}", id);
            case LabEvent.Progress p -> client.sendEvent("progress", LabJson.write(p), id);
            case LabEvent.Said(var text) -> piece(client, id, new RunView.Said(text));
            case LabEvent.Table(var table) -> piece(client, id, views.grid(table));
            case LabEvent.Figure(_, var figure) ->
                    piece(client, id, views.inTurn(() -> views.figure(run.id(), before(run, numbered, LabEvent.Figure.class), figure)));
            case LabEvent.Image(var image) ->
                    piece(client, id, views.picture(run.id(), before(run, numbered, LabEvent.Image.class), image));
            case LabEvent.Check(var check) -> client.sendEvent("piece",
                    LabJson.write(Map.of("slot", "check", "html", pages.fragment("parts/check", Map.of("check", views.check(check))))), id);
            case LabEvent.Finished(var result) -> client.sendEvent("end",
                    LabJson.write(Map.of("state", "done", "made", RunViews.made(run, result), "seconds", Words.seconds(result.seconds()))),
                    id);
            case LabEvent.Failed(var message, _) ->
                    client.sendEvent("end", LabJson.write(Map.of("state", "failed", "made", "", "trouble", message)), id);
            case LabEvent.Cancelled(var reason) -> client.sendEvent("end",
                    LabJson.write(Map.of("state", "stopped", "made", "", "trouble", RunViews.sentence(reason))), id);
        }
    }

    private void piece(SseClient client, String id, RunView.Item item) {
        client.sendEvent("piece", LabJson.write(Map.of("slot", "stream", "html", pages.fragment("parts/item", Map.of("item", item)))), id);
    }

    private static int before(LiveRun run, LiveRun.Numbered numbered, Class<? extends LabEvent> kind) {
        return (int) run.events().stream().filter(n -> n.id() < numbered.id() && kind.isInstance(n.event())).count();
    }

    private static String name(LabEvent event) { return event.getClass().getSimpleName().toLowerCase(Locale.ROOT); }

    private static long number(String text) {
        try {
            return text == null ? 0 : Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}

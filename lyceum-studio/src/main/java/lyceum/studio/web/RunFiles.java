package lyceum.studio.web;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import lyceum.labs.run.FigureJson;
import lyceum.labs.run.LabEvent;
import lyceum.labs.LabImage;
import lyceum.labs.run.LabResult;
import lyceum.plot.Audio;
import lyceum.plot.Cloud;
import lyceum.plot.Figure;
import lyceum.plot.FigureException;
import lyceum.plot.render.Png;
import lyceum.plot.render.Svg;
import lyceum.plot.render.Theme;

/** What a run drew, as files: {@code /runs/<id>/figures/0.svg}, also {@code .png}, {@code .csv}, {@code .json} for Vega-Lite, and {@code .wav} of a sound. */
final class RunFiles {

    private static final double PNG_SCALE = 2;

    private final Runs runs;
    private final RunViews views;

    RunFiles(Runs runs, RunViews views) {
        this.runs = runs;
        this.views = views;
    }

    void routes(RoutesConfig routes) {
        routes.get("/runs/{id}/figures/{file}", context -> views.inTurn(() -> figure(context)));
        routes.get("/runs/{id}/images/{file}", this::image);
    }

    private Context figure(Context context) {
        var file = context.pathParam("file");
        int dot = file.indexOf('.');
        var kind = dot < 0 ? "" : file.substring(dot + 1);
        var figure = find(context, file, LabEvent.Figure.class, LabEvent.Figure::figure, LabResult::figures).map(RunFiles::read)
                .orElseThrow(() -> new Safety.Refused(404, "That run has no such figure."));
        var theme = "dark".equals(context.queryParam("theme")) ? Theme.DARK : Theme.LIGHT;
        switch (kind) {
            case "json" -> text(context, "application/json",
                    Figures.vegaLite(figure, theme, number(context, "width", (int) Svg.WIDTH),
                            new Figures.View(number(context, "frame", Figures.first(figure)), degrees(context, "turn", Cloud.TURN),
                                    degrees(context, "tilt", Cloud.TILT))));
            case "svg" -> {
                name(context, figure, kind);
                text(context, "image/svg+xml", Svg.write(figure, theme));
            }
            case "csv" -> {
                name(context, figure, kind);
                text(context, "text/csv; charset=utf-8", figure.toCsv());
            }
            case "png" -> {
                name(context, figure, kind);
                Reply.body(context, "image/png", Png.write(figure, theme, Svg.WIDTH, PNG_SCALE));
            }
            case "wav" -> {
                if (!(figure instanceof Audio audio)) throw new Safety.Refused(404, "That figure makes no sound.");
                name(context, figure, kind);
                Reply.playable(context, "audio/wav", audio.wav());
            }
            default -> throw new Safety.Refused(404, "A figure comes as json, svg, png or csv, and a sound as wav.");
        }
        return context;
    }

    private static Figure read(FigureJson json) {
        try {
            return json.figure();
        } catch (FigureException e) {
            throw new Safety.Refused(404, "The stored figure is damaged: " + e.getMessage());
        }
    }

    /** A small number of the address: how wide the box is, or where the slider stands. */
    private static int number(Context context, String name, int otherwise) {
        var text = context.queryParam(name);
        return text != null && text.matches("\\d{1,4}") ? Integer.parseInt(text) : otherwise;
    }

    private static double degrees(Context context, String name, double otherwise) {
        var text = context.queryParam(name);
        return text != null && text.matches("-?\\d{1,3}") ? Integer.parseInt(text) : otherwise;
    }

    private void image(Context context) {
        var image = find(context, context.pathParam("file"), LabEvent.Image.class, LabEvent.Image::image, LabResult::images)
                .map(LabImage::png).orElseThrow(() -> new Safety.Refused(404, "That run has no such image."));
        Reply.body(context, "image/png", image);
    }

    /** The thing with the number that a file's name begins with, of a run that goes on or is stored. */
    private <E extends LabEvent, T> Optional<T> find(Context context, String file, Class<E> kind, Function<E, T> of,
            Function<LabResult, List<T>> stored) {
        int number = number(file);
        if (number < 0) return Optional.empty();
        var id = context.pathParam("id");
        var live = runs.live(id);
        List<T> all = live.isPresent()
                ? live.get().events().stream().map(LiveRun.Numbered::event).filter(kind::isInstance).map(kind::cast).map(of).toList()
                : runs.stored(id).map(stored).orElse(List.of());
        return number < all.size() ? Optional.of(all.get(number)) : Optional.empty();
    }

    private static int number(String file) {
        var digits = file.replaceFirst("\\..*", "");
        return digits.matches("\\d{1,5}") ? Integer.parseInt(digits) : -1;
    }

    private static void text(Context context, String type, String text) {
        Reply.body(context, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void name(Context context, Figure figure, String kind) {
        var name = figure.title().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        context.header("Content-Disposition", "inline; filename=\"" + (name.isEmpty() ? "figure" : name) + "." + kind + "\"");
    }
}

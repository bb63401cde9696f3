/**
 * Figures as data: immutable records that know nothing of pixels, browsers or terminals.
 *
 * <p>Start at {@link lyceum.plot.Figure}. Its static methods make the usual pictures; a {@link lyceum.plot.Plot} overlays
 * {@link lyceum.plot.Layer layers} on one pair of axes, {@link lyceum.plot.Panels} sets figures side by side and
 * {@link lyceum.plot.Frames} strings them into a sequence under a slider; a {@link lyceum.plot.Cloud} turns in space and an
 * {@link lyceum.plot.Audio} is heard; a {@link lyceum.plot.ProgressTrace} makes one of what long work reports. {@link lyceum.plot.Figure#toJson()} carries a figure
 * between processes. {@code lyceum.plot.render} draws them.
 */
package lyceum.plot;

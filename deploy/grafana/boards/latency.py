"""Where the time of a message goes, phase by phase."""

from __future__ import annotations

from deploy.grafana.chart import OVER, Board, Chart, Curve, Row, quantile, quantiles, rate


def board() -> Board:
    """The dashboard."""
    return Board(
        "latency",
        "WeGen / Latency by phase",
        "The phases of a message in their order: tokens, rewriting, features, queue, steps, decoding.",
        (Row("Talking", _talking()), Row("Painting", _painting()), Row("Beside", _beside())),
    )


def _phase(title: str, tells: str, metric: str) -> Chart:
    return Chart(title, tells, "s", quantiles(metric))


def _talking() -> list[Chart]:
    return [
        _phase(
            "Time to first token",
            "From a chat's arrival to its first token or rewrite.",
            "wegen_gateway_time_to_first_token_seconds",
        ),
        _phase(
            "Between two tokens",
            "Of one candidate; grows with the rows that share a step.",
            "wegen_gateway_inter_token_latency_seconds",
        ),
        _phase(
            "Rewriting",
            "Of one wish, all its candidates and what was drawn again.",
            "wegen_gateway_rewrite_duration_seconds",
        ),
        _phase(
            "Features",
            "The 64 features of one candidate.",
            "wegen_gateway_feature_generation_duration_seconds",
        ),
        _phase(
            "Composing an operation",
            "Rewriting and features of an order, with nobody listening.",
            "wegen_gateway_composition_duration_seconds",
        ),
        _phase("Whole chat", "From arrival to the last event.", "wegen_gateway_chat_duration_seconds"),
    ]


def _painting() -> list[Chart]:
    image = quantile("wegen_worker_image_seconds", 0.95, by="size, steps")
    return [
        _phase("Wait for a worker", "From a job's submission to its lease.", "wegen_worker_queue_wait_seconds"),
        _phase("One step", "Between two denoising steps of one job.", "wegen_worker_step_latency_seconds"),
        _phase("Decoding", "Latents to PNG, previews included.", "wegen_worker_decode_duration_seconds"),
        _phase(
            "Picture of a chat, until its first step",
            "As the chat saw it: queue and admission to the engine.",
            "wegen_gateway_queue_wait_seconds",
        ),
        _phase(
            "Picture of a chat", "From submission to end, as the chat saw it.", "wegen_gateway_image_duration_seconds"
        ),
        Chart(
            "Picture by class, 95 of 100",
            "From order to stored picture, by size and step class.",
            "s",
            [Curve(image, "{{size}}, {{steps}} steps")],
        ),
    ]


def _beside() -> list[Chart]:
    taken = f"sum by (model) (rate(nv_inference_request_duration_us[{OVER}]))"
    waited = f"sum by (model) (rate(nv_inference_queue_duration_us[{OVER}]))"
    answered = f"(sum by (model) (rate(nv_inference_request_success[{OVER}])) > 0)"
    store = "histogram_quantile(0.95, sum by (le, call) (rate({metric}_bucket[{over}])) > 0)"
    return [
        Chart(
            "Triton, mean request",
            "By model; of a loop model a request is a whole answer or picture.",
            "s",
            [Curve(f"{taken} / {answered} / 1e6", "{{model}}")],
        ),
        Chart(
            "Triton, mean wait",
            "Before a request ran; our loop models' own queue is on the board of batching.",
            "s",
            [Curve(f"{waited} / {answered} / 1e6", "{{model}}")],
        ),
        Chart(
            "Store calls of workers, 95 of 100",
            "By call.",
            "s",
            [Curve(store.format(metric="wegen_worker_store_seconds", over=OVER), "{{call}}")],
        ),
        Chart(
            "Cancels",
            "From the request to cancel a running picture to its confirmation.",
            "s",
            quantiles("wegen_gateway_cancel_latency_seconds"),
        ),
        Chart(
            "Jobs with a worker, 95 of 100",
            "From lease to the end of the stay, by outcome.",
            "s",
            [Curve(quantile("wegen_worker_job_duration_seconds", 0.95, by="outcome"), "{{outcome}}")],
        ),
        Chart(
            "Tokens",
            "A second, read and made.",
            "short",
            [Curve(rate("wegen_gateway_tokens_total", "kind"), "{{kind}}")],
        ),
    ]

"""How well the two loops share their steps."""

from __future__ import annotations

from deploy.grafana.chart import OVER, Board, Chart, Curve, Row, rate

_STEPS = f"sum by (model, kind) (rate(wegen_steps_total[{OVER}]))"


def board() -> Board:
    """The dashboard."""
    return Board(
        "batching",
        "WeGen / Batching and slots",
        "Slots, queues and steps of llama_feature_generator and sdxl_denoiser, and the GPU below them.",
        (Row("Slots", _slots()), Row("Steps", _steps()), Row("Turned away", _refused()), Row("GPU", _gpu())),
    )


def _slots() -> list[Chart]:
    return [
        Chart(
            "Slots in use",
            "Of all Tritons, by model, and how many there are.",
            "none",
            [
                Curve("sum by (model) (wegen_slots_in_use)", "{{model}}"),
                Curve("sum by (model) (wegen_slots)", "{{model}}, all"),
            ],
        ),
        Chart(
            "Use of slots",
            "At 95 % with requests waiting it is time for another Triton.",
            "percentunit",
            [Curve("wegen:slots:use_ratio", "{{model}}")],
            limits={0.95: "red"},
        ),
        Chart(
            "Requests that wait for slots",
            "In the loop models' own queues.",
            "none",
            [Curve("sum by (model) (wegen_queue_depth)", "{{model}}")],
        ),
    ]


def _steps() -> list[Chart]:
    busy = f"sum by (model, kind) (rate(wegen_step_seconds_total[{OVER}]))"
    return [
        Chart(
            "Rows of a step",
            "Mean; the more, the better a step is used.",
            "none",
            [Curve("wegen:rows_per_step:mean5m", "{{model}}, {{kind}}")],
        ),
        Chart("Steps", "Calls of the engines a second.", "short", [Curve(_STEPS, "{{model}}, {{kind}}")]),
        Chart(
            "Rows",
            "A second: tokens, prompts and denoising steps of single pictures.",
            "short",
            [Curve(rate("wegen_step_rows_total", "model, kind"), "{{model}}, {{kind}}")],
        ),
        Chart(
            "Mean step",
            "Seconds in one call of the engine.",
            "s",
            [Curve(f"{busy} / ({_STEPS} > 0) or 0 * {_STEPS}", "{{model}}, {{kind}}")],
        ),
        Chart(
            "Engine's time",
            "Share of time in calls of the engine, summed over Tritons; at one for each of them it is the limit.",
            "percentunit",
            [Curve(busy, "{{model}}, {{kind}}")],
        ),
        Chart(
            "Rewrites",
            "A second, by what became of them: accepted ones become pictures.",
            "short",
            [Curve(rate("wegen_gateway_candidates_total", "outcome"), "{{outcome}}")],
        ),
    ]


def _refused() -> list[Chart]:
    return [
        Chart(
            "Refused by the loop models",
            "By reason; RESOURCE_EXHAUSTED: their queue was full; a few INVALID_ARGUMENT are the watch's questions.",
            "reqps",
            [Curve(rate("wegen_refusals_total", "model, reason"), "{{model}}, {{reason}}")],
        ),
        Chart(
            "Given up by callers",
            "Requests whose slot was freed before their end.",
            "reqps",
            [Curve(rate("wegen_cancels_total", "model"), "{{model}}")],
        ),
        Chart(
            "Failed in Triton",
            "By model and reason.",
            "reqps",
            [Curve(rate("nv_inference_request_failure", "model, reason"), "{{model}}, {{reason}}")],
        ),
    ]


def _gpu() -> list[Chart]:
    return [
        Chart(
            "GPU's work",
            "Share of time in which kernels ran; 0 where there is no GPU.",
            "percentunit",
            [Curve("sum by (gpu_uuid) (nv_gpu_utilization) or vector(0)", "{{gpu_uuid}}")],
            width=12,
        ),
        Chart(
            "GPU's memory",
            "Taken, and all; 0 where there is no GPU.",
            "bytes",
            [
                Curve("sum by (gpu_uuid) (nv_gpu_memory_used_bytes) or vector(0)", "{{gpu_uuid}}"),
                Curve("sum by (gpu_uuid) (nv_gpu_memory_total_bytes) or vector(0)", "{{gpu_uuid}}, all"),
            ],
            width=12,
        ),
    ]

"""Carry out a money command once per `X-Idempotency-Key`: Redis answers fast, Postgres decides.

A view's method gets one decorator, and becomes an operation of the guard's transaction:

    class TransactionsView(APIView):
        scope = "pos:write"

        @extend_schema(operation_id="transactions_create", responses=...)
        @money_command(serializers.NewTransactionSerializer)
        def post(self, request: Request, body: Body) -> HttpResponse:
            new = NewTransaction.read(body)
            transaction = drawers.record(principal=principal_of(request), new=new, now=timezone.now())
            return json_response(serializers.transaction_item(transaction), 201)

`commands`: the decorator; `guard`: the USE CASE and its transaction; `rows`: keys and answers in Postgres, which
decides; `front`, `sealing`, `redis_client`: Redis, which only saves work; `stored_answers`: a command and its answer.
"""
